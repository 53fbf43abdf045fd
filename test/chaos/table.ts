import { subjectOf } from '../support/sim/history.ts';
import { FAULTS } from './faults.ts';
import { LETTERS } from './hosts.ts';
import type { ChaosDeed, Via } from './record.ts';
import { hasFailed, within } from './tell.ts';
import type { Trouble } from './troubles.ts';

const WAYS_IN: Readonly<Record<Via, string>> = {
  door: 'the other daemons',
  page: 'the other hosts’ pages',
  balancer: 'the balancer',
};
const VIAS = Object.keys(WAYS_IN) as Via[];

/** One fault, and what was done by all who did not ask one of the struck themselves (or by all, if all were struck). */
interface Scene {
  readonly trouble: Trouble;
  readonly deeds: readonly ChaosDeed[];
}

/** What visitors saw of each kind of fault, as lines of a Markdown table. */
export function tableOf(deeds: readonly ChaosDeed[], troubles: readonly Trouble[]): string[] {
  const heads = [
    ...['what happened', 'times'],
    ...VIAS.map((via) => `failed at ${WAYS_IN[via]}`),
    ...['failures, from when it began', 'and from when it was undone'],
    ...['sessions reset, each time', 'slowest answer', 'until all was well'],
  ];
  const kinds = [...new Set(troubles.map(({ kind }) => kind))].sort();
  const rows = kinds.map((kind) => {
    const scenes = troubles.filter((trouble) => trouble.kind === kind).map((trouble) => sceneOf(deeds, trouble));
    return rowOf(kind, scenes);
  });
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Of everything that was asked in the run. */
export function slowestOf(deeds: readonly ChaosDeed[]): ChaosDeed | undefined {
  return [...deeds]
    .filter(({ answeredAt }) => Number.isFinite(answeredAt))
    .sort((one, other) => other.answeredAt - other.begunAt - (one.answeredAt - one.begunAt))[0];
}

function sceneOf(deeds: readonly ChaosDeed[], trouble: Trouble): Scene {
  const { from, to, struck } = trouble;
  const areAllStruck = struck.length === LETTERS.length;
  const during = within(deeds, { from, to });
  return {
    trouble,
    deeds: during.filter(({ via, node }) => via === 'balancer' || areAllStruck || !struck.includes(node)),
  };
}

function rowOf(kind: Trouble['kind'], scenes: readonly Scene[]): string[] {
  const most = (of: (scene: Scene) => number): number => Math.round(Math.max(0, ...scenes.map(of)));
  return [
    kind === 'overload' ? 'a host was too busy to answer' : FAULTS[kind].says,
    `${scenes.length}`,
    ...VIAS.map((via) => failuresOf(scenes.flatMap(({ deeds }) => deeds.filter((deed) => deed.via === via)))),
    `${most(({ deeds, trouble: { from, undoneAt } }) => lastFailure(within(deeds, { from, to: undoneAt }), from))} ms`,
    `${most(({ deeds, trouble: { undoneAt, to } }) => lastFailure(within(deeds, { from: undoneAt, to }), undoneAt))} ms`,
    `${Math.round(scenes.reduce((sum, { deeds }) => sum + resetsIn(deeds), 0) / scenes.length)}`,
    `${most(({ deeds }) => Math.max(0, ...deeds.map(({ begunAt, answeredAt }) => finite(answeredAt - begunAt))))} ms`,
    `${(most(({ trouble: { undoneAt, to } }) => to - undoneAt) / 1000).toFixed(1)} s`,
  ];
}

/** How many failed, and why. */
function failuresOf(deeds: readonly ChaosDeed[]): string {
  const failed = deeds.filter(hasFailed);
  const why = new Set(failed.map(({ outcome }) => ('code' in outcome ? outcome.code : outcome.kind)));
  return `${failed.length} of ${deeds.length}${failed.length === 0 ? '' : ` (${[...why].sort().join(', ')})`}`;
}

/** When the last request that failed had begun. */
function lastFailure(deeds: readonly ChaosDeed[], since: number): number {
  return Math.max(0, ...deeds.filter(hasFailed).map(({ begunAt }) => begunAt - since));
}

function resetsIn(deeds: readonly ChaosDeed[]): number {
  const resets = deeds.flatMap(({ act, outcome }) => {
    const isReset = outcome.kind === 'miss' || (outcome.kind === 'opened' && outcome.state === 'regenerated');
    return isReset && outcome.reason !== 'destroyed' ? [subjectOf(act)] : [];
  });
  return new Set(resets).size;
}

function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}
