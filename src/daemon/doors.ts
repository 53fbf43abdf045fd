import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { formatSocketAddress } from '../config/socket-addresses.ts';
import { HttpDoor } from '../doors/http/http-door.ts';
import type { HttpDoorParts } from '../doors/http/http-door-parts.ts';
import type { Door } from '../doors/kit/door.ts';
import { HeldMemory } from '../doors/kit/held-memory.ts';
import { buildMemcachedDoor } from '../doors/memcached/memcached-door.ts';
import type { LongWork } from '../long-work.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { SessionsPort } from '../routing/sessions-port.ts';
import type { Store } from '../store/store.ts';

export interface DoorsParts extends Pick<HttpDoorParts, 'cluster' | 'isReady'> {
  readonly sessions: SessionsPort;
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

/** Every door that there is, in the order in which they open. */
export function buildDoors(parts: DoorsParts): readonly Door[] {
  const { clock, config, log, metrics } = parts;
  const { socketAccess: access, token } = config.doors;
  const memory = new HeldMemory({ limitBytes: config.limits.clientMegabytes * MEBIBYTE, clock, log });
  const { cluster, isReady, sessions, work } = parts;
  const httpParts: HttpDoorParts = {
    ...{ sessions, cluster, isReady, work, memory, metrics, log, clock },
    session: config.session,
    ...(token !== undefined && { token }),
  };
  return [
    buildMemcachedDoor({ ...parts, memory }),
    new HttpDoor(httpParts, { listen: config.doors.http, access, connections: config.limits.httpClients }),
  ];
}

/** The doors that applications come in by. */
export class Doors {
  readonly #doors: readonly Door[];

  constructor(doors: readonly Door[], metrics: Pick<Metrics, 'set' | 'beforeExpose'>) {
    this.#doors = doors;
    metrics.beforeExpose(() => {
      for (const door of doors) metrics.set('clientConnections', { door: door.name }, door.connectionCount);
    });
  }

  /** @throws ListenError where an address cannot be had; `close` cleans up. */
  async open(): Promise<void> {
    for (const door of this.#doors) await door.listen();
  }

  /** Where each listens, by its name. */
  get addresses(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.#doors.map((door) => [door.name, door.addresses.map(formatSocketAddress)]));
  }

  /** Answers what came in, and closes. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.close()));
  }
}
