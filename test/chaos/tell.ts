import { subjectOf } from '../support/sim/history.ts';
import { describeDeed } from '../support/sim/visitors.ts';
import { FAULTS } from './faults.ts';
import type { BrokenPromise } from './judge.ts';
import { isDone } from './proof.ts';
import type { ChaosDeed } from './record.ts';
import type { Trouble } from './troubles.ts';

/** For a person who reads why a run failed. */
export function describeBroken({ rule, what, deeds }: BrokenPromise, all: readonly ChaosDeed[]): string {
  const id = deeds.map(({ act }) => subjectOf(act)).find((subject) => subject !== undefined);
  const related =
    id === undefined
      ? []
      : all.filter(({ act, outcome }) => subjectOf(act) === id || ('id' in outcome && outcome.id === id));
  const tell = (deed: ChaosDeed): string => `    ${deed.via} ${describeDeed({ ...deed, wasStopped: false })}`;
  return [
    `${rule}: ${what}`,
    ...deeds.map(tell),
    `  all that was done with ${id ?? 'it'}:`,
    ...related.slice(-60).map(tell),
  ].join('\n');
}

/** What visitors saw while each fault lasted, as lines of a Markdown table. */
export function tableOf(deeds: readonly ChaosDeed[], troubles: readonly Trouble[]): string[] {
  const rows = troubles.map(({ kind, victim, from, to }) => {
    const during = deeds.filter(({ begunAt }) => begunAt >= from && begunAt <= to);
    const at = (via: ChaosDeed['via']): string => {
      const those = during.filter((deed) => deed.via === via && (via === 'balancer' || deed.node !== victim));
      const failed = those.filter((deed) => !isDone(deed) && deed.outcome.kind !== 'miss');
      const last = Math.max(0, ...failed.map(({ begunAt }) => begunAt - from));
      return `${failed.length} of ${those.length}${failed.length === 0 ? '' : `, until ${Math.round(last)} ms`}`;
    };
    const slowest = Math.max(
      0,
      ...during
        .filter(({ node, endedAt }) => node !== victim && Number.isFinite(endedAt))
        .map(({ begunAt, endedAt }) => endedAt - begunAt),
    );
    const resets = new Set(
      during.flatMap(({ act, outcome }) =>
        outcome.kind === 'opened' && outcome.state === 'regenerated' && act.kind === 'open' ? [act.id] : [],
      ),
    );
    const says = FAULTS[kind].says;
    return `| ${says} | ${at('door')} | ${at('page')} | ${at('balancer')} | ${resets.size} | ${Math.round(slowest)} ms | ${((to - from) / 1000).toFixed(1)} s |`;
  });
  return [
    '| what happened | failed at the other doors | at the other hosts’ pages | behind the balancer | sessions reset | slowest answer of another host | until all was well |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
}
