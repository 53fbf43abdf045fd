import { request, type IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import { CliError } from '../errors.ts';
import type { ClusterView } from '../routing/cluster-view.ts';
import { EXIT } from './exit-codes.ts';
import { terminalLine } from './terminal-text.ts';

/** Where a daemon's HTTP door is reached from here. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export const DEFAULT_URL = 'http://127.0.0.1:7420';

/**
 * Reads `http://host[:port]` or `unix:/path`.
 *
 * @throws CliError (usage) for anything else.
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '') throw wrongUrl(text);
    return { kind: 'unix', path };
  }
  if (!URL.canParse(text)) throw wrongUrl(text);
  const url = new URL(text);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url.protocol !== 'http:' || !isBare) throw wrongUrl(text);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) };
}

export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `http://${host}:${endpoint.port}`;
}

function wrongUrl(text: string): CliError {
  return new CliError(
    `${JSON.stringify(text)} is not where a daemon can be: give http://host:port or unix:/path/of.sock`,
    EXIT.usage,
  );
}

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

/**
 * The JSON object of an answer.
 *
 * @throws CliError where it is none: something else listens there.
 */
export function parseObjectBody(answer: Answer): Readonly<Record<string, unknown>> {
  const value = parseJson(answer.body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(
    `what answers there is no maglia daemon (HTTP ${answer.status} without a JSON object): check --url`,
    EXIT.unreachable,
  );
}

/** @throws CliError where the answer is not the picture of a mesh. */
export function parseClusterView(answer: Answer): ClusterView {
  const body = parseObjectBody(answer);
  if (answer.status === 200 && Array.isArray(body['peers'])) return body as unknown as ClusterView;
  throw new CliError(describeRefusal(answer), EXIT.unavailable);
}

/** One line for a person about an answer that is not what was asked for. */
export function describeRefusal(answer: Answer): string {
  const { message, code, reason, version } = parseObjectBody(answer);
  const names = [code, reason].filter((name) => typeof name === 'string');
  const told = typeof message === 'string' ? message : `HTTP ${answer.status}`;
  // The message names the field of the answer, which a person does not see here.
  const text =
    typeof version === 'number' ? told.replace('its version is `version`', `its version is ${version}`) : told;
  return terminalLine(names.length === 0 ? text : `${text} (${names.join(', ')})`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
