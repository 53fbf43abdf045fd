import { subjectOf } from '../support/sim/history.ts';
import { describeDeed } from '../support/sim/visitors.ts';
import { FAULTS } from './faults.ts';
import { LETTERS } from './hosts.ts';
import type { BrokenPromise } from './judge.ts';
import { isDone } from './proof.ts';
import type { ChaosDeed, Via } from './record.ts';
import type { Span, Trouble } from './troubles.ts';

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

const WAYS_IN: Readonly<Record<Via, string>> = {
  door: 'the other daemons',
  page: 'the other hosts’ pages',
  balancer: 'the balancer',
};
const VIAS = Object.keys(WAYS_IN) as Via[];

/** What visitors saw of each fault, as lines of a Markdown table; those who asked one of the struck themselves are left out, unless all were. */
export function tableOf(deeds: readonly ChaosDeed[], troubles: readonly Trouble[]): string[] {
  const heads = [
    'what happened',
    ...VIAS.map((via) => `failed at ${WAYS_IN[via]}`),
    'sessions reset',
    'slowest answer',
    'until all was well',
  ];
  return [heads, heads.map(() => '---'), ...troubles.map((trouble) => rowOf(deeds, trouble))].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
}

function rowOf(deeds: readonly ChaosDeed[], { kind, struck, from, undoneAt, to }: Trouble): string[] {
  const during = within(deeds, { from, to }).filter(
    ({ via, node }) => via === 'balancer' || !struck.includes(node) || struck.length === LETTERS.length,
  );
  const resets = during.flatMap(({ act, outcome }) => {
    const isReset = outcome.kind === 'miss' || (outcome.kind === 'opened' && outcome.state === 'regenerated');
    return isReset && outcome.reason !== 'destroyed' ? [subjectOf(act)] : [];
  });
  const took = during.map(({ begunAt, endedAt }) => endedAt - begunAt).filter(Number.isFinite);
  return [
    kind === 'overload' ? 'a host was too busy to answer' : FAULTS[kind].says,
    ...VIAS.map((via) => {
      const those = during.filter((deed) => deed.via === via);
      const first = failuresOf(within(those, { from, to: undoneAt }), from);
      const later = failuresOf(within(those, { from: undoneAt, to }), undoneAt);
      return `${first ?? 'none'}${later === undefined ? '' : `; on its return ${later}`}; of ${those.length}`;
    }),
    `${new Set(resets).size}`,
    `${Math.round(Math.max(0, ...took))} ms`,
    `${((to - from) / 1000).toFixed(1)} s`,
  ];
}

/** How many failed, why, and until when. */
function failuresOf(deeds: readonly ChaosDeed[], from: number): string | undefined {
  const failed = deeds.filter(hasFailed);
  if (failed.length === 0) return undefined;
  const why = new Set(failed.map(({ outcome }) => ('code' in outcome ? outcome.code : outcome.kind)));
  const until = Math.max(...failed.map(({ begunAt }) => begunAt)) - from;
  return `${failed.length} (${[...why].join(', ')}) within ${Math.round(until)} ms`;
}

/** Neither done, nor told that the session is gone. */
export function hasFailed(deed: ChaosDeed): boolean {
  return !isDone(deed) && deed.outcome.kind !== 'miss';
}

export function within(deeds: readonly ChaosDeed[], { from, to }: Span): ChaosDeed[] {
  return deeds.filter(({ begunAt }) => begunAt >= from && begunAt < to);
}
