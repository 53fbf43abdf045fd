import type { LoadConnection } from './load-connection.ts';

const TICK_MS = 1;

/**
 * Sends at a fixed rate, whether or not answers come, so that a server that stalls is seen by all requests that fall into
 * the stall and not by one. Requests leave in small groups, every millisecond, over one connection after the other.
 */
export class Pacer {
  readonly #connections: readonly LoadConnection[];
  readonly #perMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #sent = 0;

  constructor(connections: readonly LoadConnection[], rate: number) {
    this.#connections = connections;
    this.#perMs = rate / 1000;
    this.#timer = setInterval(() => this.#sendDue(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sendDue(): void {
    const due = Math.floor((performance.now() - this.#startedAt) * this.#perMs);
    for (; this.#sent < due; this.#sent += 1) this.#connections[this.#sent % this.#connections.length]?.send(1);
  }
}
