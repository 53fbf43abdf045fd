import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { formatSocketAddress } from '../config/socket-addresses.ts';
import { buildHttpDoor } from '../doors/http/app.ts';
import type { HttpDoorParts } from '../doors/http/http-door-parts.ts';
import { listenHttp, type HttpListening } from '../doors/http/listen.ts';
import { HeldMemory } from '../doors/kit/held-memory.ts';
import type { LongWork } from '../long-work.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { buildMemcachedDoor, type MemcachedDoor, type MemcachedDoorParts } from '../doors/memcached/memcached-door.ts';
import type { Store } from '../store/store.ts';

export interface DoorsParts extends Pick<HttpDoorParts, 'cluster' | 'isReady'> {
  readonly sessions: HttpDoorParts['sessions'] & MemcachedDoorParts['sessions'];
  readonly config: Config;
  /** Sessions of dead owners that this node keeps account of. */
  readonly orphans: () => number;
  readonly store: Pick<Store, 'figures'>;
  readonly software: string;
  readonly work: LongWork;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const MEBIBYTE = 1_048_576;

/** Every door that applications come in by. */
export class Doors {
  readonly #parts: DoorsParts;
  readonly #httpDoor: FastifyInstance;
  readonly #memcachedDoor: MemcachedDoor;
  #http: HttpListening | undefined;

  constructor(parts: DoorsParts) {
    const { cluster, clock, config, isReady, log, metrics, sessions, work } = parts;
    const { token } = config.doors;
    this.#parts = parts;
    const memory = new HeldMemory({ limitBytes: config.limits.clientMegabytes * MEBIBYTE, clock, log });
    this.#httpDoor = buildHttpDoor({
      ...{ sessions, cluster, isReady, work, memory, metrics, log, clock },
      session: config.session,
      ...(token !== undefined && { token }),
    });
    this.#memcachedDoor = buildMemcachedDoor({ ...parts, memory });
  }

  /** @throws ListenError where an address cannot be had; `close` cleans up. */
  async open(): Promise<void> {
    const { clock, config, log, metrics } = this.#parts;
    const connections = config.limits.httpClients;
    const access = config.doors.socketAccess;
    await this.#memcachedDoor.listen(config.doors.memcached, access);
    this.#http = await listenHttp(this.#httpDoor, config.doors.http, { access, connections, metrics, clock, log });
  }

  /** Where each listens, by its name. */
  get addresses(): Readonly<Record<string, readonly string[]>> {
    return {
      http: (this.#http?.addresses ?? []).map(formatSocketAddress),
      memcached: this.#memcachedDoor.addresses.map(formatSocketAddress),
    };
  }

  /** Answers what came in, and closes. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#http?.close() ?? this.#httpDoor.close(), this.#memcachedDoor.close()]);
  }
}
