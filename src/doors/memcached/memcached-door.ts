import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Config, SocketAccess, SocketAddress } from '../../config/config.ts';
import { Logins } from '../kit/logins.ts';
import type { HeldMemory } from '../kit/held-memory.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Store } from '../../store/store.ts';
import { DEFAULT_LIMITS } from './protocol/limits.ts';
import type { ClusterView } from '../../routing/cluster-view.ts';
import type { DeskParts } from './client-desk.ts';
import { Clients, type ClientsLimits } from './clients.ts';
import { Credentials } from '../kit/credentials.ts';
import { DoorCounts } from './door-counts.ts';
import { Flush } from './flush.ts';
import { KeyTable } from '../kit/key-table.ts';
import { Listener } from '../kit/listener.ts';
import { LockReturns } from './lock-returns.ts';
import { MeshDesk } from './mesh-desk.ts';
import type { SessionsPort } from '../kit/sessions-port.ts';
import { StatsReports } from './stats-reports.ts';

/** How long `close` waits for requests in flight: well above what one operation may take. */
const CLOSE_GRACE_MS = 2000;

const LINGER_MS = 1000;

const MEBIBYTE = 1_048_576;

/** The memcached whose answers ours are measured against. Clients look at it to know what they may ask for. */
const SPOKEN_VERSION = '1.6.18';

/** libmemcached reads no more of it. */
const LONGEST_VERSION = 31;

/** What the memcached door is built from. */
export interface MemcachedDoorParts {
  readonly config: Pick<Config, 'letter' | 'map' | 'doors' | 'session' | 'store' | 'limits'>;
  readonly sessions: SessionsPort;
  readonly cluster: () => ClusterView;
  /** Sessions of dead owners that this node keeps account of. */
  readonly orphans: () => number;
  readonly store: Pick<Store, 'figures'>;
  /** The program's version. */
  readonly software: string;
  readonly memory: HeldMemory;
  readonly metrics: Pick<Metrics, 'count' | 'set' | 'observe' | 'beforeExpose'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The memcached door: text, meta and binary protocol on one port. Not listening yet. */
export function buildMemcachedDoor(parts: MemcachedDoorParts): MemcachedDoor {
  const { config, memory, metrics, clock, log } = parts;
  const counts = new DoorCounts();
  const clients = new Clients({ limits: clientsLimits(config), counts, memory, metrics, clock, log });
  const logins = new Logins({ door: 'memcached', metrics, clock, log });
  return new MemcachedDoor(deskParts(parts, counts, clients, logins), clients, logins, clock, log);
}

export class MemcachedDoor {
  readonly #desk: DeskParts;
  readonly #clients: Clients;
  readonly #logins: Logins;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners: Listener[] = [];
  #closed: Promise<void> | undefined;

  constructor(desk: DeskParts, clients: Clients, logins: Logins, clock: Clock, log: Logger) {
    this.#desk = desk;
    this.#clients = clients;
    this.#logins = logins;
    this.#clock = clock;
    this.#log = log;
  }

  /** Where it listens, with the port that was found where the configured one is 0. */
  get addresses(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.address);
  }

  get clients(): Pick<Clients, 'count'> {
    return this.#clients;
  }

  /**
   * Listens on all addresses or none.
   *
   * @throws ListenError naming the address that cannot be had
   */
  async listen(addresses: readonly SocketAddress[], access: SocketAccess): Promise<void> {
    const parts = {
      access,
      onClient: (socket: Socket) => this.#clients.admit(socket, this.#desk),
      clock: this.#clock,
      log: this.#log,
    };
    try {
      for (const address of addresses) this.#listeners.push(await Listener.open(address, parts));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Takes no more connections nor requests, answers what was begun for up to two seconds, then cuts what is left.
   * Idempotent; all callers share one promise.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #close(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#logins.close();
    return this.#clients.close(CLOSE_GRACE_MS);
  }
}

function clientsLimits({ limits, session }: MemcachedDoorParts['config']): ClientsLimits {
  return {
    connections: limits.clients,
    requests: limits.clientRequests,
    bytes: limits.clientBytes,
    stallMs: limits.clientStallSeconds * 1000,
    idleMs: limits.clientIdleSeconds * 1000,
    lingerMs: LINGER_MS,
    protocol: { ...DEFAULT_LIMITS, itemBytes: session.maxBytes },
  };
}

function deskParts(parts: MemcachedDoorParts, counts: DoorCounts, clients: Clients, logins: Logins): DeskParts {
  const { config, sessions, cluster, orphans, software, metrics, clock, log } = parts;
  const { doors, letter, limits, map, session, store } = config;
  const version = `${SPOKEN_VERSION}-maglia-${software}`.slice(0, LONGEST_VERSION);
  const credentials = new Credentials(doors.credentials);
  const mesh = new MeshDesk({ sessions, metrics, clock, log });
  return {
    ...{ letter, mesh, counts, metrics, clock, log, version, credentials, logins },
    waitMs: doors.lockWaitMs,
    locks: new LockReturns({ mesh, limit: limits.locks, clock, log }),
    lockLimit: limits.clientLocks,
    keys: new KeyTable(doors.keyPrefixes, doors.lockPrefixes, doors.cachePrefixes),
    isSteering: doors.steering,
    ownership: { letter, isAlone: map.letters.length === 1, ownerOf: (id) => sessions.ownerOf(id) },
    flush: new Flush({ isAllowed: doors.allowFlush, letters: map.letters, mesh, counts, clock }),
    reports: new StatsReports({
      ...{ counts, clock, version, cluster, orphans },
      figures: () => parts.store.figures(),
      storeBytes: store.megabytes * MEBIBYTE,
      itemBytes: session.maxBytes,
      maxConnections: limits.clients,
      idleSeconds: limits.clientIdleSeconds,
      allowsFlush: doors.allowFlush,
      hasCredentials: doors.credentials.length > 0,
      connections: () => clients.count,
    }),
  };
}
