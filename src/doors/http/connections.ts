import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One request and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * The open connections of a server, each with the exchange that came last on it, while that is not over: an idle
 * connection keeps nothing of what it was used for.
 */
export class Connections {
  readonly #latest = new Map<Socket, Exchange | undefined>();
  /** One function for all, because a closure for each request costs more than what it does. */
  readonly #onFinish: (this: ServerResponse) => void;

  constructor(server: Server) {
    const latest = this.#latest;
    this.#onFinish = function () {
      const { complete, socket } = this.req;
      if (complete && latest.get(socket)?.response === this) latest.set(socket, undefined);
    };
    server.on('connection', (socket) => {
      latest.set(socket, undefined);
      socket.once('close', () => latest.delete(socket));
    });
  }

  get count(): number {
    return this.#latest.size;
  }

  [Symbol.iterator](): IterableIterator<Socket> {
    return this.#latest.keys();
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#latest.has(request.socket)) return;
    this.#latest.set(request.socket, { request, response });
    response.on('finish', this.#onFinish);
  }

  /** The latest exchange; undefined where it is over, to its last byte in both directions. */
  latestOn(socket: Duplex): Exchange | undefined {
    const latest: ReadonlyMap<Duplex, Exchange | undefined> = this.#latest;
    return latest.get(socket);
  }
}
