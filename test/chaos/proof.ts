import { subjectOf } from '../support/sim/history.ts';
import { FAULTS } from './faults.ts';
import { LETTERS } from './hosts.ts';
import type { ChaosDeed, Via } from './record.ts';
import { deedsById, isKnownSplit, mayBeTouchedAcross, type Question } from './sides.ts';
import type { Trouble } from './troubles.ts';

/** Fewer than these while a fault lasts prove nothing about it. */
const FEWEST_PER_TROUBLE = 40;
const FEWEST_WRITTEN_PER_TROUBLE = 10;
/** Where nobody answered meanwhile, what visitors do at once when somebody does again counts too. */
const AFTERWARDS_MS = 400;
/** Of the sessions that a split must not cost, so many have to be asked for after it. */
const FEWEST_UNTOUCHED = 3;
const VIAS: readonly Via[] = ['door', 'page', 'balancer'];

/** Why a run proves nothing, whatever the judge says of it; empty where it does. */
export function weaknesses(deeds: readonly ChaosDeed[], troubles: readonly Trouble[], hardCapMs: number): string[] {
  if (troubles.length === 0) return ['nothing befell the hosts'];
  const byId = deedsById(deeds);
  const found = troubles.flatMap((trouble): string[] => {
    const { kind, victim, hurts, from, to, bites } = trouble;
    if (kind === 'overload') {
      const when = `${(from / 1000).toFixed(1)}-${(to / 1000).toFixed(1)} s`;
      return [
        `${victim} took ${hurts.join()} for dead (${when}), and nothing had befallen it: this machine is too busy`,
      ];
    }
    const during = deeds.filter(({ begunAt }) => begunAt >= from && begunAt <= to + AFTERWARDS_MS);
    const done = during.filter(isDone);
    const name = `${kind} of ${victim}`;
    return [
      ...(bites.includes(FAULTS[kind].bite) ? [] : [`${name} did not bite: nobody saw "${FAULTS[kind].bite}"`]),
      ...(done.length < FEWEST_PER_TROUBLE ? [`only ${done.length} deeds came to something during ${name}`] : []),
      ...(done.filter(({ outcome }) => outcome.kind === 'written').length < FEWEST_WRITTEN_PER_TROUBLE
        ? [`hardly anything was written during ${name}`]
        : []),
      ...(isKnownSplit(trouble) ? untried(deeds, byId, { split: trouble, hardCapMs }) : []),
    ];
  });
  for (const via of VIAS) {
    if (!deeds.some((deed) => deed.via === via && isDone(deed))) found.push(`nobody came through ${via}`);
  }
  for (const letter of LETTERS) {
    const isUsed = deeds.some(({ node, act }) => node !== letter && subjectOf(act)?.startsWith(letter) === true);
    if (!isUsed) found.push(`no session of ${letter} was asked for at another host`);
  }
  return found;
}

/** The rest stays: that is tried on sessions from before the split for which nobody asked on a side without their owner. */
function untried(
  deeds: readonly ChaosDeed[],
  byId: ReadonlyMap<string, readonly ChaosDeed[]>,
  { split, hardCapMs }: Omit<Question, 'until'>,
): string[] {
  const idsOf = (some: readonly ChaosDeed[]): ReadonlySet<string> =>
    new Set(some.flatMap(({ act, outcome }) => [subjectOf(act) ?? [], 'id' in outcome ? outcome.id : []].flat()));
  const before = idsOf(deeds.filter((deed) => deed.endedAt < split.from && isDone(deed)));
  const after = deeds.filter(({ begunAt }) => begunAt > split.to);
  const asked = [...idsOf(after)].filter(
    (id) => before.has(id) && !mayBeTouchedAcross(id, byId.get(id) ?? [], { split, until: split.to, hardCapMs }),
  );
  if (asked.length >= FEWEST_UNTOUCHED) return [];
  const what = `only ${asked.length} sessions were asked for that nobody had asked for on a wrong side`;
  return [`after ${split.kind} of ${split.victim} ${what}`];
}

export function isDone({ outcome }: ChaosDeed): boolean {
  return outcome.kind === 'read' || outcome.kind === 'written' || outcome.kind === 'opened';
}
