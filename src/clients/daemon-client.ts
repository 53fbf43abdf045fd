import { Agent, request, type ClientRequest, type RequestOptions } from 'node:http';
import { StoreOptionsError, DaemonBusyError, DaemonSilentError, DaemonUnreachableError } from './client-errors.ts';

/** Where the daemon of this host opens its HTTP door. */
type DaemonAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const DEFAULT_PORT = 7420;

/**
 * Reads `http://host[:port]` or `unix:/path/of.sock`.
 *
 * @throws StoreOptionsError for anything else.
 */
export function parseDaemonAddress(text: string): DaemonAddress {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.protocol === 'http:' && url.pathname === '/' && url.search + url.hash + url.username === '';
  if (url === undefined || !isBare) {
    throw new StoreOptionsError(`url: found ${JSON.stringify(text)}; expected http://host:port or unix:/path/of.sock`);
  }
  const port = url.port === '' ? portOf(text) : Number(url.port);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

export function formatDaemonAddress(address: DaemonAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A URL without a port means the daemon's own; one that says 80 is taken at its word, though URL forgets it. */
function portOf(text: string): number {
  return /:80\/?$/.test(text) ? 80 : DEFAULT_PORT;
}

/** Connections to the daemon; further calls wait for one of them. */
const MAX_SOCKETS = 64;

/** Calls under way and waiting. Beyond that the daemon is not slow but gone, and waiting longer helps nobody. */
const MAX_PENDING = 1024;

/** Shorter than the daemon keeps an idle connection, so that it is we who close it and no call meets a closing one. */
const IDLE_MS = 30_000;

/** Above the largest session that can be configured. */
const MAX_ANSWER_BYTES = 80 * 1024 * 1024;

export interface DaemonCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Contains ids: never shown in an error. */
  readonly path: string;
  readonly body?: unknown;
  readonly ifVersion?: number;
  /** Whether it does no harm done twice. A write whose bytes have left is never sent again. */
  readonly isRepeatable?: boolean;
}

export interface DaemonAnswer {
  readonly status: number;
  readonly text: string;
}

export interface DaemonClientOptions {
  readonly address: DaemonAddress;
  readonly token: string | undefined;
}

/** Calls of one application process to the daemon of its host, over connections that are kept. */
export class DaemonClient {
  readonly #address: DaemonAddress;
  readonly #token: string | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS });
  #pending = 0;

  constructor({ address, token }: DaemonClientOptions) {
    this.#address = address;
    this.#token = token;
  }

  /**
   * Resolves with whatever the daemon answers.
   *
   * @param deadline aborts the call, and is what bounds every wait here
   * @throws DaemonUnreachableError where the call surely did not arrive, DaemonSilentError where it may have.
   */
  async call(call: DaemonCall, deadline: AbortSignal): Promise<DaemonAnswer> {
    if (this.#pending >= MAX_PENDING) {
      throw new DaemonBusyError(
        `${this.#pending} calls wait for the maglia daemon at ${formatDaemonAddress(this.#address)} already: ` +
          'it is far too slow, see its log and `maglia status`',
      );
    }
    this.#pending += 1;
    try {
      return await this.#send(call, deadline, this.#agent);
    } finally {
      this.#pending -= 1;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(call: DaemonCall, deadline: AbortSignal, agent: Agent | false): Promise<DaemonAnswer> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const outgoing = request(this.#options(call, body, deadline, agent));
      let progress: 'connecting' | 'sent' | 'answering' = 'connecting';
      outgoing.once('socket', (socket) => {
        if (!socket.connecting) progress = 'sent';
        else socket.once('connect', () => (progress = 'sent'));
      });
      outgoing.once('response', (incoming) => {
        progress = 'answering';
        const chunks: Buffer[] = [];
        let length = 0;
        incoming.on('data', (chunk: Buffer) => {
          length += chunk.length;
          chunks.push(chunk);
          if (length > MAX_ANSWER_BYTES) incoming.destroy(this.#silent('it answers without an end'));
        });
        incoming.once('error', (error) => reject(this.#failure(error, deadline, 'answering')));
        incoming.once('end', () => {
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.on('error', (error) => {
        const isStale = isStaleConnection(outgoing) && progress !== 'answering' && !deadline.aborted;
        if (isStale && call.isRepeatable === true) resolve(this.#send(call, deadline, false));
        else reject(this.#failure(error, deadline, progress));
      });
      outgoing.end(body);
    });
  }

  #options(
    { method, path, ifVersion }: DaemonCall,
    body: string | undefined,
    deadline: AbortSignal,
    agent: Agent | false,
  ): RequestOptions {
    const address = this.#address;
    return {
      // A door without a token answers only who asks for this machine by name.
      ...(address.kind === 'unix' ? { socketPath: address.path, setHost: false } : address),
      method,
      path,
      agent,
      signal: deadline,
      headers: {
        ...(address.kind === 'unix' && { host: 'localhost' }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...(ifVersion !== undefined && { 'if-match': `"${ifVersion}"` }),
      },
    };
  }

  #failure(error: Error, deadline: AbortSignal, progress: 'connecting' | 'sent' | 'answering'): Error {
    if (error instanceof DaemonSilentError) return error;
    const why = deadline.aborted ? 'no answer before the deadline' : error.message;
    if (progress !== 'connecting') return this.#silent(why, error);
    return new DaemonUnreachableError(
      `no maglia daemon answers at ${formatDaemonAddress(this.#address)} (${why}): start it on this host with ` +
        "`maglia serve`, or say in the store's `url` where its HTTP door is",
      { cause: error },
    );
  }

  #silent(why: string, cause?: Error): DaemonSilentError {
    return new DaemonSilentError(
      `the maglia daemon at ${formatDaemonAddress(this.#address)} was asked and did not answer (${why}): what was ` +
        'written may or may not be there; see the log of the daemon and `maglia status`',
      { cause },
    );
  }
}

/** The daemon was restarted, or closed the connection, just as we used it again. */
function isStaleConnection(outgoing: ClientRequest): boolean {
  return outgoing.reusedSocket;
}
