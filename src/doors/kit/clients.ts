import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { loggable } from '../../session/loggable.ts';
import { ClientConnection, type ConnectionLimits, type CutReason } from './connection.ts';
import type { DoorProtocol, TrafficCounts } from './door-protocol.ts';
import { FullDoor } from './full-door.ts';
import type { HeldMemory, Holder } from './held-memory.ts';
import { LoopShare } from './loop-share.ts';

const CHECK_MS = 1000;

export interface ClientsLimits extends ConnectionLimits {
  readonly connections: number;
}

export interface ClientsParts<Command, Reply, Shape> {
  /** The door as logs and metrics call it. */
  readonly door: string;
  /** The protocol for one client. @param address where it calls from; none on a unix socket */
  readonly speak: (address: string | undefined) => DoorProtocol<Command, Reply, Shape>;
  /** What a client is told for which there is no room. */
  readonly fullText: string;
  readonly limits: ClientsLimits;
  readonly memory: HeldMemory;
  readonly traffic: TrafficCounts;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Every client that is connected through this door: not too many, and with those of other doors not too much of our memory. */
export class Clients<Command, Reply, Shape> {
  readonly #parts: ClientsParts<Command, Reply, Shape>;
  readonly #connections = new Set<ClientConnection<Command, Reply, Shape>>();
  readonly #full: FullDoor;
  readonly #loop = new LoopShare();
  #checks: Timer | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(parts: ClientsParts<Command, Reply, Shape>) {
    this.#parts = parts;
    const { clock, door, limits, log, metrics } = parts;
    this.#full = new FullDoor({
      door,
      limit: limits.connections,
      option: 'limits.clients',
      metrics,
      clock,
      log,
    });
  }

  get count(): number {
    return this.#connections.size;
  }

  admit(socket: Duplex): void {
    const { clock, fullText, limits, memory, speak, traffic } = this.#parts;
    if (this.#connections.size >= limits.connections) {
      traffic.rejected();
      this.#full.refused();
      turnAway(socket, fullText);
      return;
    }
    traffic.connected();
    const connection = new ClientConnection<Command, Reply, Shape>(socket, {
      protocol: speak(socket instanceof Socket ? socket.remoteAddress : undefined),
      ...{ limits, traffic, clock, loop: this.#loop },
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
    const { door, log, metrics } = this.#parts;
    metrics.count('clientsCut', { door, reason });
    if (reason === 'fault') log.error({ err: loggable(error) }, `a ${door} connection failed in a way it should not`);
    // Those of all doors together are told of by the memory itself.
    else if (reason === 'stalled') log.warn({ reason }, `a ${door} client was cut off`);
  }

  #closed(connection: ClientConnection<Command, Reply, Shape>): void {
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

function turnAway(socket: Duplex, text: string): void {
  socket.on('error', () => undefined);
  // The kernel has it before the connection is closed: it is shorter than any buffer.
  socket.write(text);
  socket.destroy();
}
