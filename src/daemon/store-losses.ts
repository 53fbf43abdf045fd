import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { HotRecords } from '../engine/hot-records.ts';
import type { Recall } from '../engine/recall.ts';
import { writeFileAtomically } from '../runtime-files.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { loggable } from '../session/loggable.ts';
import type { ResetReason } from '../session/record.ts';
import type { OpenedStore } from '../store/open-store.ts';

/** The reasons for which a store can have lost all it had. */
const LOSS_REASONS = ['store-lost', 'restarted', 'owner-dead'] as const satisfies readonly ResetReason[];
type LossReason = (typeof LOSS_REASONS)[number];

export interface StoreLossesParts {
  /** The file that tells the next daemon. */
  readonly path: string;
  readonly recall: Pick<Recall, 'lostAll'>;
  readonly hot: Pick<HotRecords, 'forgetAll'>;
  /** No session that nobody used meanwhile lived for longer. */
  readonly ttlMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly log: Logger;
}

/**
 * Why this node's store holds nothing from before a certain time. An id does not say when it was minted. So a client
 * that asks for one without a trace is told that reason for as long as a session from then could have lived; also by the next
 * daemon, for which there is a small file. To lose the file costs an explanation, never a session.
 */
export class StoreLosses {
  readonly #parts: StoreLossesParts;
  /** One write after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: StoreLossesParts) {
    this.#parts = parts;
  }

  /** The store was lost with all that was in it. */
  readonly storeLost = (): void => {
    const { hot, log, metrics } = this.#parts;
    log.error({ reason: 'store-lost' }, 'the store was lost with all sessions in it (store-lost)');
    metrics.count('storeLosses', {});
    hot.forgetAll();
    void this.#lost('store-lost');
  };

  /** @param served the life in which this node last answered for its letter, 0 for none: what it stored then is not there */
  begin(kept: OpenedStore['kept'], served: number): void {
    const { clock, log, recall } = this.#parts;
    if (kept === 'lost') this.storeLost();
    else if (kept === 'fresh' && served > 0) {
      log.warn(
        { reason: 'restarted' },
        'this node comes back with an empty store: it was stopped with all sessions in it',
      );
      void this.#lost('restarted');
    } else if (kept === 'kept') {
      const noted = this.#read();
      if (noted !== undefined && noted.until > clock.now()) recall.lostAll(noted.reason, noted.until);
    }
  }

  /** The engine has dropped everything, since others may have answered in this node's place. */
  wiped(): Promise<void> {
    return this.#note('owner-dead', this.#until);
  }

  /** Resolves when what is known is on disk, or cannot be. */
  settled(): Promise<void> {
    return this.#writing;
  }

  get #until(): number {
    return this.#parts.clock.now() + this.#parts.ttlMs;
  }

  #lost(reason: LossReason): Promise<void> {
    const until = this.#until;
    this.#parts.recall.lostAll(reason, until);
    return this.#note(reason, until);
  }

  #note(reason: LossReason, until: number): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(JSON.stringify({ reason, until })));
    return this.#writing;
  }

  async #write(text: string): Promise<void> {
    const { log, path } = this.#parts;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFileAtomically(path, text);
    } catch (error) {
      log.warn(
        { err: loggable(error) },
        'why the store is empty could not be written down; the next daemon will not know',
      );
    }
  }

  #read(): { readonly reason: LossReason; readonly until: number } | undefined {
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(this.#parts.path, 'utf8'));
    } catch {
      return undefined;
    }
    if (typeof json !== 'object' || json === null || !('reason' in json) || !('until' in json)) return undefined;
    const reason = LOSS_REASONS.find((known) => known === json.reason);
    const { until } = json;
    return reason === undefined || typeof until !== 'number' ? undefined : { reason, until };
  }
}
