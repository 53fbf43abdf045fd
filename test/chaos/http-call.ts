import { Agent, request } from 'node:http';

/** What came of a call: an answer, or none and whether it was surely not carried out. */
export type Called =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      /** The JSON body; an empty object where it is none. */
      readonly body: Readonly<Record<string, unknown>>;
    }
  /** Nobody listened. */
  | { readonly kind: 'refused' }
  /** The connection broke, or patience did: it may be carried out, now or later. */
  | { readonly kind: 'lost'; readonly why: string };

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Longer than anything may take. */
const PATIENCE_MS = 8000;

/** Calls over connections that are kept, as an application's to its daemon, or over a new one each, as a visitor's. */
export class HttpCaller {
  readonly #agent: Agent;

  constructor({ keepAlive }: { readonly keepAlive: boolean }) {
    this.#agent = new Agent({ keepAlive, maxSockets: 256 });
  }

  call({ method, url, headers = {}, body }: Call): Promise<Called> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve) => {
      const outgoing = request(url, {
        method,
        agent: this.#agent,
        headers: {
          ...headers,
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      });
      const patience = setTimeout(() => outgoing.destroy(new Error('no answer')), PATIENCE_MS);
      const end = (called: Called): void => {
        clearTimeout(patience);
        resolve(called);
      };
      const break_ = (error: NodeJS.ErrnoException): void =>
        end(error.code === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'lost', why: error.message });
      outgoing.on('error', break_);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', break_);
        incoming.on('end', () => {
          const { statusCode: status = 0, headers: answered } = incoming;
          end({ kind: 'answered', status, headers: answered, body: toBody(Buffer.concat(chunks).toString()) });
        });
      });
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
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
