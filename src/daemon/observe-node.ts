import type { Readiness } from '../doors/http/http-door-parts.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Members } from '../membership/members.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Link } from '../mesh/link.ts';
import type { TurnedAway } from '../mesh/reception.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter } from '../session/letter.ts';
import { RESET_REASONS } from '../session/record.ts';
import type { Estate } from '../standin/estate.ts';
import type { Store } from '../store/store.ts';

export interface ObservedParts {
  readonly metrics: Pick<Metrics, 'count' | 'set' | 'beforeExpose'>;
  readonly members: Pick<Members, 'letters'>;
  readonly links: (letter: Letter) => Pick<Link, 'inFlight'>;
  readonly livesFile: Pick<LivesFile, 'memory'>;
  readonly estates: { get(owner: Letter): Pick<Estate, 'size'> | undefined };
  readonly store: Pick<Store, 'figures'>;
  readonly isReady: () => { readonly ready: boolean };
}

const ORPHAN_OUTCOMES = ['reset', 'succeeded', 'kept'] as const;
const TURNED_AWAY_REASONS = ['crowd', 'silent', 'foreign', 'refused'] as const satisfies readonly TurnedAway[];
const CUT_REASONS = ['stalled', 'idle', 'memory', 'fault'] as const;

/** A figure that the store does not tell now: 0 would be a lie. */
const UNKNOWN = Number.NaN;

/**
 * What `/metrics` tells of this node that nobody counts under way: looked at for each exposition. Counters whose labels
 * are known begin at 0 here, since the first increase of one that was absent is seen by no alert.
 */
export function observeNode(parts: ObservedParts): void {
  const { estates, isReady, links, livesFile, members, metrics, store } = parts;
  for (const reason of RESET_REASONS) metrics.count('resets', { reason }, 0);
  for (const reason of CUT_REASONS) metrics.count('clientsCut', { door: 'memcached', reason }, 0);
  metrics.count('clientsRefused', { door: 'memcached' }, 0);
  for (const reason of TURNED_AWAY_REASONS) metrics.count('callersTurnedAway', { reason }, 0);
  for (const owner of members.letters) {
    for (const outcome of ORPHAN_OUTCOMES) metrics.count('orphans', { owner, outcome }, 0);
  }
  metrics.beforeExpose(() => {
    metrics.set('ready', {}, isReady().ready ? 1 : 0);
    metrics.set('memoryLost', {}, livesFile.memory.kind === 'lost' ? 1 : 0);
    for (const peer of members.letters) {
      metrics.set('inFlight', { peer }, links(peer).inFlight);
      metrics.set('ledgerEntries', { owner: peer }, estates.get(peer)?.size ?? 0);
    }
  });

  let evictionsTold = 0;
  metrics.beforeExpose(async () => {
    const figures = await store.figures().catch(() => undefined);
    metrics.set('storeItems', {}, figures?.items ?? UNKNOWN);
    metrics.set('storeBytes', {}, figures?.bytes ?? UNKNOWN);
    metrics.set('storeLimitBytes', {}, figures?.limitBytes ?? UNKNOWN);
    if (figures === undefined) return;
    // A Memcached that took the place of a dead one counts from 0 again.
    const { evictions } = figures;
    metrics.count('storeEvictions', {}, evictions >= evictionsTold ? evictions - evictionsTold : evictions);
    evictionsTold = evictions;
  });
}

export interface ReadinessParts {
  readonly store: Pick<Store, 'describe'>;
  readonly livesFile: Pick<LivesFile, 'memory'>;
  readonly tenure: Pick<Tenure, 'phase' | 'why'>;
}

/** Whether a balancer should send visitors here: what `/readyz` says. */
export function readinessOf({ store, livesFile, tenure }: ReadinessParts): Readiness {
  const { state, why } = store.describe();
  if (state !== 'up')
    return { ready: false, why: why === undefined ? 'the store is down' : `the store is down: ${why}` };
  const { memory } = livesFile;
  if (memory.kind === 'lost') return { ready: false, why: `memory lost: ${memory.why}` };
  return { ready: tenure.phase === 'serving', why: `${tenure.phase}: ${tenure.why}` };
}
