import { Agent, request, type IncomingMessage } from 'node:http';

/** What a page answered. */
export interface Page {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly tookMs: number;
}

export interface Visit {
  /** Fields of a form to post; without it the page is only read. */
  readonly form?: Readonly<Record<string, string>>;
  readonly accept?: string;
}

/** Longer than any page may take. */
const HUNG_AFTER_MS = 20_000;

/** A person with a browser: keeps cookies, and sends them to whichever host the balancer picks. */
export class Visitor {
  readonly #cookies = new Map<string, string>();
  // A connection for each request, as through a balancer that does not pool.
  readonly #agent = new Agent({ keepAlive: false });

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** Somebody else with the same cookies: another tab that does not see what this one is told from now on. */
  twin(): Visitor {
    const twin = new Visitor();
    for (const [name, value] of this.#cookies) twin.setCookie(name, value);
    return twin;
  }

  async visit(url: string, visit: Visit = {}): Promise<Page> {
    const startedAt = performance.now();
    const { incoming, text } = await this.#request(url, visit);
    const tookMs = performance.now() - startedAt;
    for (const line of incoming.headers['set-cookie'] ?? []) this.#keep(line);
    return { status: incoming.statusCode ?? 0, body: toBody(text), text, tookMs };
  }

  #request(url: string, { form, accept }: Visit): Promise<{ incoming: IncomingMessage; text: string }> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(cookie !== '' && { cookie }),
      ...(accept !== undefined && { accept }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    return new Promise((resolve, reject) => {
      const options = {
        method: form === undefined ? 'GET' : 'POST',
        agent: this.#agent,
        headers,
        timeout: HUNG_AFTER_MS,
      };
      const outgoing = request(url, options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ incoming, text: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} hung`)));
      outgoing.on('error', reject);
      outgoing.end(form === undefined ? undefined : new URLSearchParams(form).toString());
    });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const isGone = attributes.some((attribute) => {
      const [key = '', value = ''] = attribute.split('=');
      return (
        (key.toLowerCase() === 'max-age' && Number(value) <= 0) ||
        (key.toLowerCase() === 'expires' && Date.parse(value) < Date.now())
      );
    });
    if (isGone) this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(at + 1));
  }
}

function toBody(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
