import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import type { HeldMemory, Holder } from '../listening/held-memory.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { FullDoor } from '../listening/full-door.ts';
import { loggable } from '../session/loggable.ts';
import { ClientDesk, type DeskParts } from './client-desk.ts';
import { ClientConnection, type ConnectionLimits, type CutReason } from './connection.ts';
import type { DoorCounts } from './door-counts.ts';
import { LoopShare } from './loop-share.ts';

const CHECK_MS = 1000;

export interface ClientsLimits extends ConnectionLimits {
  readonly connections: number;
}

export interface ClientsParts {
  readonly limits: ClientsLimits;
  readonly memory: HeldMemory;
  readonly counts: DoorCounts;
  readonly metrics: Pick<Metrics, 'count' | 'set' | 'beforeExpose'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Every client that is connected through this door: not too many, and with those of other doors not too much of our memory. */
export class Clients {
  readonly #parts: ClientsParts;
  readonly #connections = new Set<ClientConnection>();
  readonly #full: FullDoor;
  readonly #loop = new LoopShare();
  #checks: Timer | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
    const { clock, limits, log, metrics } = parts;
    this.#full = new FullDoor({
      door: 'memcached',
      limit: limits.connections,
      option: 'limits.clients',
      metrics,
      clock,
      log,
    });
    parts.metrics.beforeExpose(() => parts.metrics.set('clientConnections', { door: 'memcached' }, this.count));
  }

  get count(): number {
    return this.#connections.size;
  }

  admit(socket: Duplex, deskParts: DeskParts): void {
    const { clock, counts, limits, memory } = this.#parts;
    if (this.#connections.size >= limits.connections) {
      counts.add('rejected_connections');
      this.#full.refused();
      turnAway(socket);
      return;
    }
    counts.add('total_connections');
    const connection: ClientConnection = new ClientConnection(socket, {
      desk: new ClientDesk(deskParts, socket instanceof Socket ? socket.remoteAddress : undefined),
      ...{ limits, counts, clock, loop: this.#loop },
      owner: {
        onHeldBytes: (change) => memory.changed(change),
        onCut: (reason, error) => this.#cut(reason, error),
        onClosed: () => {
          memory.leave(holder);
          this.#closed(connection);
        },
      },
    });
    const holder: Holder = {
      get cuttableBytes() {
        return connection.heldBytes;
      },
      cut: () => connection.cut('memory'),
    };
    memory.enter(holder);
    this.#connections.add(connection);
    this.#checks ??= this.#checkLater();
  }

  /** Answers what was begun, and resolves when all are gone; after `graceMs` those that are left are cut off. */
  async close(graceMs: number): Promise<void> {
    if (this.#connections.size > 0) {
      const empty = new Promise<void>((resolve) => (this.#whenEmpty = resolve));
      const deadline = this.#parts.clock.after(graceMs, () => {
        for (const connection of this.#connections) connection.destroy();
      });
      for (const connection of this.#connections) connection.finish();
      await empty;
      deadline.cancel();
    }
    this.#checks?.cancel();
  }

  #cut(reason: CutReason, error: unknown): void {
    const { log, metrics } = this.#parts;
    metrics.count('clientsCut', { door: 'memcached', reason });
    if (reason === 'fault') log.error({ err: loggable(error) }, 'a memcached connection failed in a way it should not');
    // Those of all doors together are told of by the memory itself.
    else if (reason === 'stalled') log.warn({ reason }, 'a memcached client was cut off');
  }

  #closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  #checkLater(): Timer {
    return this.#parts.clock.after(CHECK_MS, () => {
      for (const connection of this.#connections) connection.check();
      this.#checks = this.#connections.size > 0 ? this.#checkLater() : undefined;
    });
  }
}

/** With what memcached says then, in every protocol. */
function turnAway(socket: Duplex): void {
  socket.on('error', () => undefined);
  // The kernel has it before the connection is closed: it is shorter than any buffer.
  socket.write('ERROR Too many open connections\r\n');
  socket.destroy();
}
