import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Engine } from '../engine/engine.ts';
import type { Lives } from '../membership/lives.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter } from '../session/letter.ts';
import { shortenId, type MintedIds } from '../session/session-id.ts';
import { Estate } from '../standin/estate.ts';
import { Estates } from '../standin/estates.ts';
import { Ledger } from '../standin/ledger.ts';

export interface NodeEstatesParts {
  readonly config: Pick<Config, 'limits' | 'session'>;
  readonly ids: Pick<MintedIds, 'isMinted'>;
  readonly lives: Lives;
  /** Over an empty store, for what is done on behalf of this owner. */
  readonly shelfOf: (owner: Letter) => Engine;
  readonly watcher: { readonly noted?: (owner: Letter, outcome: string) => void };
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug'>;
  readonly metrics: Pick<Metrics, 'count'>;
}

/** What this node does on behalf of dead owners, begun for each when it is first asked. */
export function buildEstates({ clock, config, ids, lives, log, metrics, shelfOf, watcher }: NodeEstatesParts): Estates {
  const { limits, session } = config;
  return new Estates(
    (owner, isComplete) =>
      new Estate({
        shelf: shelfOf(owner),
        ledger: new Ledger({ limit: limits.ledgerEntries, isComplete, isMinted: (id) => ids.isMinted(id) }),
        aliasMs: session.tombstoneSeconds * 1000,
        clock,
        absence: () => (lives.of(owner)?.state === 'left' ? 'left' : 'owner-dead'),
        onNoted: (id, outcome) => {
          lives.touch(owner);
          watcher.noted?.(owner, outcome);
          metrics.count('orphans', { owner, outcome });
          // The node that was asked has a line for each reset.
          log.debug({ id: shortenId(id), owner, outcome }, 'orphan: %s', outcome);
        },
      }),
    (owner) => lives.of(owner)?.incarnation ?? 0,
  );
}
