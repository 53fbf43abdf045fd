import { request, type IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import { CliError } from '../errors.ts';
import { formatEndpoint, type Endpoint } from './endpoint.ts';
import { EXIT } from './exit-codes.ts';

/** No answer of a daemon is longer: a session has an upper limit, and so has the picture of a mesh. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpClientOptions {
  readonly endpoint: Endpoint;
  readonly token?: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** Asks one daemon, one connection per call, each call inside one deadline. */
export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /**
   * Resolves with whatever the daemon answers.
   *
   * @throws CliError `unreachable` where the call surely did not arrive, `unavailable` where it may have.
   */
  call(call: Call): Promise<Answer> {
    const { endpoint, token, deadlineMs, clock } = this.#options;
    return new Promise((resolve, reject) => {
      let hasConnected = false;
      const fail = (why: string, cause?: Error): void => {
        deadline.cancel();
        reject(hasConnected ? unanswered(endpoint, call, why, cause) : unreachable(endpoint, why, cause));
      };
      const outgoing = request({
        ...(endpoint.kind === 'unix' ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
        method: call.method,
        path: call.path,
        agent: false,
        headers: {
          ...(endpoint.kind === 'unix' ? { host: 'localhost' } : {}),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(call.body === undefined ? {} : { 'content-length': String(call.body.length) }),
          ...call.headers,
        },
      });
      const deadline = clock.after(deadlineMs, () => {
        fail(`no answer within ${deadlineMs} ms`);
        outgoing.destroy();
      });
      outgoing.on('socket', (socket) => socket.once('connect', () => (hasConnected = true)));
      outgoing.on('error', (error) => fail(error.message, error));
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) {
            fail(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
            outgoing.destroy();
          } else chunks.push(chunk);
        });
        response.on('error', (error) => fail(error.message, error));
        response.on('end', () => {
          deadline.cancel();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      outgoing.end(call.body);
    });
  }
}

function unreachable(endpoint: Endpoint, why: string, cause?: Error): CliError {
  return new CliError(
    `no daemon answers at ${formatEndpoint(endpoint)} (${why}): start one with \`maglia serve\` or \`maglia up\`, ` +
      'or say where it is with --url',
    EXIT.unreachable,
    { cause },
  );
}

function unanswered(endpoint: Endpoint, { method }: Call, why: string, cause?: Error): CliError {
  const consequence = method === 'GET' ? 'ask again' : 'a write may have been done';
  return new CliError(
    `the daemon at ${formatEndpoint(endpoint)} was asked and did not answer (${why}): ${consequence}`,
    EXIT.unavailable,
    { cause },
  );
}
