import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { ClusterView } from '../../routing/cluster-view.ts';
import type { SessionsPort } from '../../routing/sessions-port.ts';
import type { Store } from '../../store/store.ts';
import { ByteDoor } from '../kit/byte-door.ts';
import { Clients, type ClientsLimits } from '../kit/clients.ts';
import { Credentials } from '../kit/credentials.ts';
import type { Door } from '../kit/door.ts';
import { LockPlaces } from '../kit/held-locks.ts';
import type { HeldMemory } from '../kit/held-memory.ts';
import { KeyTable } from '../kit/key-table.ts';
import { Logins } from '../kit/logins.ts';
import { MeteredDispatch } from '../kit/metered-dispatch.ts';
import { ClientDesk, type DeskParts } from './client-desk.ts';
import { DoorCounts } from './door-counts.ts';
import { Flush } from './flush.ts';
import { MemcachedProtocol } from './memcached-protocol.ts';
import { DEFAULT_LIMITS } from './protocol/limits.ts';
import { StatsReports } from './stats-reports.ts';

const DOOR = 'memcached';

const ADVICE =
  'change doors.memcached, or stop what listens there (on Debian often: systemctl disable --now memcached)';

/** What memcached says then, in every protocol. */
const FULL = 'ERROR Too many open connections\r\n';

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
  readonly metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The memcached door: text, meta and binary protocol on one port. */
export function buildMemcachedDoor(parts: MemcachedDoorParts): Door {
  const { config, memory, metrics, clock, log } = parts;
  const counts = new DoorCounts();
  const logins = new Logins({ door: DOOR, metrics, clock, log });
  const desk = deskParts(parts, counts, logins, () => clients.count);
  const protocolLimits = { ...DEFAULT_LIMITS, itemBytes: config.session.maxBytes };
  const clients = new Clients({
    ...{ door: DOOR, memory, metrics, clock, log },
    speak: (address) => new MemcachedProtocol(new ClientDesk(desk, address), protocolLimits),
    fullText: FULL,
    limits: clientsLimits(config),
    traffic: counts,
  });
  return new ByteDoor({
    ...{ name: DOOR, advice: ADVICE, clients, logins, clock, log },
    listen: config.doors.memcached,
    access: config.doors.socketAccess,
  });
}

function clientsLimits({ limits }: MemcachedDoorParts['config']): ClientsLimits {
  return {
    connections: limits.clients,
    requests: limits.clientRequests,
    bytes: limits.clientBytes,
    stallMs: limits.clientStallSeconds * 1000,
    idleMs: limits.clientIdleSeconds * 1000,
    lingerMs: LINGER_MS,
  };
}

function deskParts(
  parts: MemcachedDoorParts,
  counts: DoorCounts,
  logins: Logins,
  connections: () => number,
): DeskParts {
  const { config, sessions, cluster, orphans, software, metrics, clock, log } = parts;
  const { doors, letter, limits, map, session, store } = config;
  const version = `${SPOKEN_VERSION}-maglia-${software}`.slice(0, LONGEST_VERSION);
  const credentials = new Credentials(doors.credentials);
  const mesh = new MeteredDispatch(DOOR, { sessions, metrics, clock, log });
  return {
    ...{ letter, mesh, counts, metrics, clock, version, credentials, logins },
    waitMs: doors.lockWaitMs,
    lockLimit: limits.clientLocks,
    places: new LockPlaces(limits.locks),
    keys: new KeyTable(doors.keyPrefixes, doors.lockPrefixes, doors.cachePrefixes),
    isSteering: doors.steering,
    ownership: { letter, isAlone: map.letters.length === 1, ownerOf: (id) => sessions.ownerOf(id) },
    flush: new Flush({ isAllowed: doors.allowFlush, letters: map.letters, mesh, counts, clock }),
    reports: new StatsReports({
      ...{ counts, clock, version, cluster, orphans, connections },
      figures: () => parts.store.figures(),
      storeBytes: store.megabytes * MEBIBYTE,
      itemBytes: session.maxBytes,
      maxConnections: limits.clients,
      idleSeconds: limits.clientIdleSeconds,
      allowsFlush: doors.allowFlush,
      hasCredentials: doors.credentials.length > 0,
    }),
  };
}
