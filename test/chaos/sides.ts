import { subjectOf } from '../support/sim/history.ts';
import type { ChaosDeed } from './record.ts';
import { overlaps, type Trouble } from './troubles.ts';

/** For a machine whose few cores all of this keeps busy. */
const SLACK_MS = 1500;

/** Whoever asks a host that runs is answered within this, and what was begun is carried out by then, or never. */
export function longestMs({ via }: Pick<ChaosDeed, 'via'>, hardCapMs: number): number {
  // A page asks twice.
  return (via === 'door' ? 1 : 2) * hardCapMs + SLACK_MS;
}

/** Where it is known who was on which side. Of a host that was too busy to answer nobody knows whom it reached meanwhile. */
export function isKnownSplit({ isSplit, kind }: Trouble): boolean {
  return isSplit && kind !== 'overload';
}

/** By id, the deeds that asked for a session or were told of it. A long run has too many to look through for each. */
export function deedsById(deeds: readonly ChaosDeed[]): ReadonlyMap<string, readonly ChaosDeed[]> {
  const all = new Map<string, ChaosDeed[]>();
  for (const deed of deeds) {
    const ids = new Set([subjectOf(deed.act), 'id' in deed.outcome ? deed.outcome.id : undefined]);
    for (const id of ids) {
      if (id === undefined) continue;
      const ofIt = all.get(id);
      if (ofIt === undefined) all.set(id, [deed]);
      else ofIt.push(deed);
    }
  }
  return all;
}

export interface Question {
  readonly split: Trouble;
  /** What was begun later does not count. */
  readonly until: number;
  readonly hardCapMs: number;
}

/**
 * Whether somebody may have been told anything of this session on a side without its owner. While the cut is being made, and
 * from when it is being undone until all is well, nobody outside knows who answered: whatever was asked then counts.
 *
 * @param ofIt the deeds that asked for it or were told of it
 */
export function mayBeTouchedAcross(
  id: string,
  ofIt: readonly ChaosDeed[],
  { split, until, hardCapMs }: Question,
): boolean {
  const { victim, doneAt, undoneAt } = split;
  const isVictims = id.startsWith(victim);
  return ofIt.some((deed) => {
    const { begunAt, endedAt, node } = deed;
    if (begunAt > until || surelyCameToNothing(deed)) return false;
    const span = { from: begunAt, to: Math.min(endedAt, begunAt + longestMs(deed, hardCapMs)) };
    if (!overlaps(span, split)) return false;
    const isWithin = span.from >= doneAt && span.to <= undoneAt;
    return !isWithin || !isPlaced(deed) || (node === victim) !== isVictims;
  });
}

/** A daemon that says so means it; a page may have opened the session before it failed at something else. */
function surelyCameToNothing({ outcome, via }: ChaosDeed): boolean {
  return outcome.kind === 'unavailable' && (via === 'door' || outcome.code === 'NO_HOST');
}

/** Behind a balancer, who answered is known only from a page. */
export function isPlaced({ outcome, via }: ChaosDeed): boolean {
  return via !== 'balancer' || outcome.kind === 'opened' || outcome.kind === 'written';
}
