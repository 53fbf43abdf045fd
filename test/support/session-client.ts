import { Agent, request } from 'node:http';

/** What a daemon answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The JSON body; an empty object where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
}

/** What an open session looks like to an application. */
export interface OpenedBody {
  readonly id: string;
  readonly state: 'found' | 'minted' | 'regenerated';
  readonly reason?: string;
  readonly previous?: string;
  readonly version: number;
  readonly data: unknown;
  readonly owner: string;
}

/** An application on one host, as it talks to its daemon. */
export class SessionClient {
  readonly url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(url: string) {
    this.url = url;
  }

  async mint(data: unknown, ttlSeconds?: number): Promise<{ id: string; version: number }> {
    const answer = await this.call('POST', '/v1/sessions', { data, ...(ttlSeconds !== undefined && { ttlSeconds }) });
    if (answer.status !== 201) throw new Error(`mint answered ${answer.status} ${answer.bytes.toString()}`);
    return answer.body as { id: string; version: number };
  }

  async open(id: string): Promise<OpenedBody> {
    const answer = await this.tryOpen(id);
    if (answer.status !== 200) throw new Error(`open answered ${answer.status} ${answer.bytes.toString()}`);
    return answer.body as unknown as OpenedBody;
  }

  tryOpen(id: string): Promise<Answer> {
    return this.call('POST', '/v1/sessions/open', { id });
  }

  get(id: string): Promise<Answer> {
    return this.call('GET', `/v1/sessions/${id}`);
  }

  put(id: string, data: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('PUT', `/v1/sessions/${id}`, { data }, headers);
  }

  destroy(id: string): Promise<Answer> {
    return this.call('DELETE', `/v1/sessions/${id}`);
  }

  /** Rejects when the connection breaks or nothing is answered within 10 s, which no daemon may let happen. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.url + path,
        {
          method,
          agent: this.#agent,
          timeout: 10_000,
          headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const tookMs = performance.now() - startedAt;
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              bytes,
              body: toBody(bytes),
              tookMs,
            });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path} hung`)));
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function toBody(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
