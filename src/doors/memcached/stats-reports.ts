import type { Clock } from '../../clock.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import type { ClusterView } from '../../routing/cluster-view.ts';
import type { StoreFigures } from '../../store/store.ts';
import type { DoorCounts, TallyName } from './door-counts.ts';
import { itemStats } from './item-stats.ts';

export interface StatsParts {
  readonly counts: DoorCounts;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly version: string;
  /** Memory for sessions on this node. */
  readonly storeBytes: number;
  readonly itemBytes: number;
  readonly maxConnections: number;
  readonly idleSeconds: number;
  readonly allowsFlush: boolean;
  readonly hasCredentials: boolean;
  /** Connections that are open now. */
  readonly connections: () => number;
  readonly cluster: () => ClusterView;
  /** Sessions of dead owners that this node keeps account of. */
  readonly orphans: () => number;
  /** How full this node's store is. Rejects where the store cannot be asked. */
  readonly figures: () => Promise<StoreFigures>;
}

type Stat = readonly [name: string, value: string];

const GENERAL: readonly TallyName[] = [
  'total_connections',
  'rejected_connections',
  'cmd_get',
  'cmd_set',
  'cmd_flush',
  'cmd_touch',
  'get_hits',
  'get_misses',
  'delete_misses',
  'delete_hits',
  'incr_misses',
  'incr_hits',
  'decr_misses',
  'decr_hits',
  'cas_misses',
  'cas_hits',
  'cas_badval',
  'touch_hits',
  'touch_misses',
  'auth_cmds',
  'auth_errors',
  'bytes_read',
  'bytes_written',
];

const OWN: readonly TallyName[] = ['steered', 'ttl_defaulted', 'locks_granted', 'locks_refused'];

/** What memcached tells of the insides of its own memory; there is nothing of the kind here. */
const EMPTY: ReadonlySet<string> = new Set(['items', 'slabs', 'sizes', 'conns']);

/** Answers `stats`, with memcached's names where there is one, and the values of this node and this door. */
export class StatsReports {
  readonly #parts: StatsParts;
  readonly #startedAt: number;

  constructor(parts: StatsParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.monotonic();
  }

  /** @param argument all words after `stats`, with one space between */
  answer(argument: string): MemcachedReply | Promise<MemcachedReply> {
    switch (argument) {
      case '':
        return this.#general();
      case 'maglia':
        return { kind: 'stats', stats: this.#mesh() };
      case 'settings':
        return { kind: 'stats', stats: this.#settings() };
      case 'reset':
        this.#parts.counts.reset();
        return { kind: 'stats-reset' };
      default:
        if (EMPTY.has(argument)) return { kind: 'stats', stats: [] };
        return itemStats(argument) ?? { kind: 'unknown-stats' };
    }
  }

  async #general(): Promise<MemcachedReply> {
    const { clock, connections, maxConnections, version } = this.#parts;
    const { user, system } = process.cpuUsage();
    const stats: Stat[] = [
      ['pid', String(process.pid)],
      ['uptime', seconds(clock.monotonic() - this.#startedAt)],
      ['time', seconds(clock.now())],
      ['version', version],
      ['pointer_size', '64'],
      ['rusage_user', (user / 1e6).toFixed(6)],
      ['rusage_system', (system / 1e6).toFixed(6)],
      ['max_connections', String(maxConnections)],
      ['curr_connections', String(connections())],
      ...this.#counted(GENERAL),
      ['accepting_conns', '1'],
      ['threads', '1'],
      ...(await this.#stored()),
    ];
    return { kind: 'stats', stats };
  }

  /** How full the store is, by memcached's names. What it does not say is left out: 0 would be wrong. */
  async #stored(): Promise<Stat[]> {
    const { figures, storeBytes } = this.#parts;
    const found = await figures().catch(() => undefined);
    if (found === undefined) return [['limit_maxbytes', String(storeBytes)]];
    return [
      ['limit_maxbytes', String(found.limitBytes)],
      ['curr_items', String(found.items)],
      ['bytes', String(found.bytes)],
      ['evictions', String(found.evictions)],
    ];
  }

  #mesh(): Stat[] {
    const { cluster, orphans } = this.#parts;
    const { incarnation, letter, mapDigest, peers, software, store, tenure } = cluster();
    return [
      ['letter', letter],
      ['incarnation', String(incarnation)],
      ['tenure', tenure.state],
      ['tenure_why', tenure.why],
      ['map_digest', mapDigest],
      ['software', software],
      ['store', `${store.kind} ${store.state}`],
      ...peers.flatMap((peer): Stat[] => [
        [`peer:${peer.letter}:address`, peer.address],
        [`peer:${peer.letter}:state`, peer.state],
        [`peer:${peer.letter}:incarnation`, String(peer.incarnation)],
        [`peer:${peer.letter}:link`, peer.link.state],
      ]),
      ['orphans', String(orphans())],
      ...this.#counted(OWN),
    ];
  }

  #settings(): Stat[] {
    const { allowsFlush, hasCredentials, idleSeconds, itemBytes, maxConnections, storeBytes } = this.#parts;
    return [
      ['maxbytes', String(storeBytes)],
      ['maxconns', String(maxConnections)],
      ['item_size_max', String(itemBytes)],
      ['idle_timeout', String(idleSeconds)],
      ['cas_enabled', 'yes'],
      ['flush_enabled', yesOrNo(allowsFlush)],
      ['auth_enabled_sasl', yesOrNo(hasCredentials)],
    ];
  }

  #counted(names: readonly TallyName[]): Stat[] {
    const { tally } = this.#parts.counts;
    return names.map((name) => [name, String(tally[name])]);
  }
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
