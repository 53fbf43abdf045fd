import type { Clock } from '../clock.ts';
import type { Members } from './members.ts';

/** What one try to join came to. */
export type JoinOutcome =
  | { readonly kind: 'serving' }
  /** Something has to happen elsewhere first, or some time to pass. */
  | { readonly kind: 'waits'; readonly why: string; readonly forMs: number }
  /** A peer did not take a step with us: to be tried again, less and less often. */
  | { readonly kind: 'failed'; readonly why: string };

/** Between two tries at least, whatever changes meanwhile. */
export const RETRY_MS = 50;
/** Between two tries at most, but for a delay that a peer demands. */
const LONGEST_RETRY_MS = 500;
/** A node that waits for others asks again after this share of the time for which it has waited. */
const ASK_AGAIN_SHARE = 0.1;

export function waits(why: string, forMs = 0): JoinOutcome {
  return { kind: 'waits', why, forMs: Math.max(RETRY_MS, forMs) };
}

export interface Pace {
  /** Tries that failed in a row. */
  readonly failures: number;
  /** Since the first try. */
  readonly sinceMs: number;
  readonly members: Pick<Members, 'change'>;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  /** From [0, 1), for the jitter. */
  readonly random: () => number;
}

/** Until the next try. A change among the members makes it sooner, but two that join must not wake each other in turns. */
export async function pauseAfter(outcome: Exclude<JoinOutcome, { kind: 'serving' }>, pace: Pace): Promise<void> {
  const { clock, failures, members, random, sinceMs } = pace;
  const from = clock.monotonic();
  await passed(clock, RETRY_MS);
  if (outcome.kind === 'failed') {
    const mostMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures);
    await passed(clock, random() * (mostMs - RETRY_MS));
    return;
  }
  const againMs = Math.min(LONGEST_RETRY_MS, sinceMs * ASK_AGAIN_SHARE);
  await members.change(from + Math.max(outcome.forMs, againMs));
}

export function passed(clock: Pick<Clock, 'after'>, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
