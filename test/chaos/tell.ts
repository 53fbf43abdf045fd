import { subjectOf } from '../support/sim/history.ts';
import { describeDeed } from '../support/sim/visitors.ts';
import type { BrokenPromise } from './judge.ts';
import { isDone } from './proof.ts';
import type { ChaosDeed } from './record.ts';
import type { Span } from './troubles.ts';

/** For a person who reads why a run failed. */
export function describeBroken({ rule, what, deeds }: BrokenPromise, all: readonly ChaosDeed[]): string {
  const id = deeds.map(({ act }) => subjectOf(act)).find((subject) => subject !== undefined);
  const related = all.filter(
    ({ act, outcome }) => id !== undefined && (subjectOf(act) === id || ('id' in outcome && outcome.id === id)),
  );
  const tell = (deed: ChaosDeed): string => `    ${deed.via} ${describeDeed({ ...deed, wasStopped: false })}`;
  return [
    `${rule}: ${what}`,
    ...deeds.map(tell),
    `  all that was done with ${id ?? 'it'}:`,
    ...related.slice(-60).map(tell),
  ].join('\n');
}

/** Neither done, nor told that the session is gone. */
export function hasFailed(deed: ChaosDeed): boolean {
  return !isDone(deed) && deed.outcome.kind !== 'miss';
}

export function within(deeds: readonly ChaosDeed[], { from, to }: Span): ChaosDeed[] {
  return deeds.filter(({ begunAt }) => begunAt >= from && begunAt < to);
}
