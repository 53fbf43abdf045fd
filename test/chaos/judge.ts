import { isMintedForm } from '../../src/session/session-id.ts';
import type { ResetReason } from '../../src/session/reset-reason.ts';
import { check, type Violation } from '../support/sim/checker.ts';
import { subjectOf } from '../support/sim/history.ts';
import { cameBackAcross } from '../support/sim/split-ends.ts';
import type { Split } from '../support/sim/split-views.ts';
import { describeDrops, splitsWithDrops, type Drop } from './drops.ts';
import { FAULTS } from './faults.ts';
import type { ChaosDeed, Record } from './record.ts';
import { deedsById, isKnownSplit, isPlaced, longestMs, mayBeTouchedAcross } from './sides.ts';
import { overlaps, unrestOf, type Span, type Trouble } from './troubles.ts';

/** A broken promise, by its number in docs/guarantees.md#the-promises. */
export interface BrokenPromise {
  readonly rule: Violation['rule'] | 'S4' | 'S9';
  readonly what: string;
  /** The deeds that prove it. */
  readonly deeds: readonly ChaosDeed[];
}

const GRACE_MS = 5000;

/** Looks for broken promises in what visitors were told while all of this befell the hosts. */
export function judge(
  { deeds, lineages }: Pick<Record, 'deeds' | 'lineages'>,
  troubles: readonly Trouble[],
  hardCapMs: number,
  drops: readonly Drop[] = [],
): BrokenPromise[] {
  const byNumber = new Map(deeds.map((deed) => [deed.number, deed]));
  const found = check(
    {
      deeds: deeds.map((deed) => ({ ...deed, wasStopped: true })),
      lineages,
      // Judged below, trouble by trouble: here a node is hurt once and for all.
      hurtAt: new Map(troubles.flatMap(({ hurts }) => hurts.map((letter) => [letter, -Infinity] as const))),
      absences: troubles.flatMap(({ victim, absence }) =>
        absence === undefined ? [] : [{ node: victim, ...absence }],
      ),
      unrest: [],
    },
    { hardCapMs: Infinity, areLedgersLarge: true, graceMs: GRACE_MS },
  );
  const broken = found.map(({ rule, what, deeds: proof }) => ({
    ...{ rule, what },
    deeds: proof.flatMap(({ number }) => byNumber.get(number) ?? []),
  }));
  return [
    ...broken.filter((one) => one.rule !== 'S3' && !isOfSplit(one, troubles) && !isOfUnrest(one, troubles)),
    ...backAcross(deeds, troubles),
    ...falseMisses(deeds, troubles, { hardCapMs, drops }),
    ...tooManyDrops(troubles, drops),
    ...badIds(deeds),
    ...slow(deeds, troubles, hardCapMs),
    ...badReasons(deeds),
  ];
}

/**
 * docs/guarantees.md#splits: while the mesh is in two parts, each side goes on, and knows nothing of what the other does. When
 * they meet again, every host learns that it was judged, one after the other: until all is well, S1 and S2 are not promised.
 */
function isOfSplit({ rule, deeds }: BrokenPromise, troubles: readonly Trouble[]): boolean {
  const last = Math.max(...deeds.map(({ begunAt }) => begunAt));
  return troubles.some(({ isSplit, victim, from, undoneAt, to }) => {
    if (!isSplit || last < from || last > to) return false;
    const isOfBothSides = new Set(deeds.map(({ node }) => node === victim)).size === 2;
    return isOfBothSides || (last >= undoneAt && (rule === 'S1' || rule === 'S2'));
  });
}

/** S5: what was destroyed or rotated on one side of a split is not there once all is well, whatever the other side wrote. */
function backAcross(deeds: readonly ChaosDeed[], troubles: readonly Trouble[]): BrokenPromise[] {
  const splits = troubles.filter(isKnownSplit).map(({ victim, doneAt, undoneAt, to }): Split => ({
    ...{ cutAt: doneAt, healedAt: undoneAt, mendedAt: to, wholeAt: to },
    sideOf: (letter) => (letter === victim ? 'victim' : 'others'),
  }));
  const byNumber = new Map(deeds.map((deed) => [deed.number, deed]));
  const placed = deeds.filter(isPlaced).map((deed) => ({ ...deed, wasStopped: true }));
  return cameBackAcross(placed, splits, { graceMs: GRACE_MS }).map(({ rule, what, deeds: proof }) => ({
    ...{ rule, what },
    deeds: proof.flatMap(({ number }) => byNumber.get(number) ?? []),
  }));
}

/** Two successors of one orphan: only while everybody knew that its owner was dead, and nobody else was troubled. */
function isOfUnrest({ rule, what, deeds }: BrokenPromise, troubles: readonly Trouble[]): boolean {
  if (rule !== 'S2' || !what.includes('successors')) return false;
  const span = spanOf(deeds);
  return troubles.flatMap(unrestOf).some((unrest) => overlaps(unrest, span));
}

/**
 * S3: a session is gone only after something befell its owner in the session's life, or at somebody's wish. A split costs only
 * those for which somebody asked on a side without their owner, or may have: the rest stays. But for an owner that says in its
 * log that it dropped all it had, which may come about where what was done on its behalf cannot be found out.
 */
function falseMisses(
  deeds: readonly ChaosDeed[],
  troubles: readonly Trouble[],
  { hardCapMs, drops }: { readonly hardCapMs: number; readonly drops: readonly Drop[] },
): BrokenPromise[] {
  const bornAt = new Map<string, number>();
  const wishedAt = new Map<string, number>();
  for (const { act, outcome, begunAt } of deeds) {
    const id = subjectOf(act);
    const told = 'id' in outcome ? outcome.id : undefined;
    for (const one of [id, told]) {
      if (one !== undefined) bornAt.set(one, Math.min(bornAt.get(one) ?? Infinity, begunAt));
    }
    if (id !== undefined && (act.kind === 'destroy' || act.kind === 'rotate')) {
      wishedAt.set(id, Math.min(wishedAt.get(id) ?? Infinity, begunAt));
    }
  }
  const byId = deedsById(deeds);
  return deeds.flatMap((deed): BrokenPromise[] => {
    const id = subjectOf(deed.act);
    if (id === undefined || !isToldGone(deed) || (wishedAt.get(id) ?? Infinity) < deed.endedAt) return [];
    const life = { from: bornAt.get(id) ?? 0, to: deed.endedAt };
    const owner = id.slice(0, 1);
    const befallen = troubles.filter(
      (trouble) => trouble.hurts.some((letter) => letter === owner) && overlaps(trouble, life),
    );
    const ofIt = byId.get(id) ?? [];
    const mayCost = (trouble: Trouble): boolean =>
      !isKnownSplit(trouble) || mayBeTouchedAcross(id, ofIt, { split: trouble, until: deed.endedAt, hardCapMs });
    const isDropped = drops.some(({ at, of }) => of === owner && overlaps(life, { from: at, to: at }));
    if (befallen.some(mayCost) || (befallen.length > 0 && isDropped)) return [];
    const why = befallen.length === 0 ? `nothing has befallen ${owner}` : 'nobody asked for it on a wrong side';
    return [{ rule: 'S3', what: `${id} is said to be gone, and ${why}`, deeds: [deed] }];
  });
}

/** S3: where every second split costs a host all it had, it cannot be said any more that the rest stays. */
function tooManyDrops(troubles: readonly Trouble[], drops: readonly Drop[]): BrokenPromise[] {
  const splits = troubles.filter(isKnownSplit).length;
  if (splitsWithDrops(troubles, drops).length <= splits / 2) return [];
  return [{ rule: 'S3', what: `the rest does not stay: ${describeDrops(troubles, drops)}`, deeds: [] }];
}

/** S4: ids have their form, are the minting host's own, and are minted once. */
function badIds(deeds: readonly ChaosDeed[]): BrokenPromise[] {
  const minted = new Map<string, ChaosDeed>();
  return deeds.flatMap((deed): BrokenPromise[] => {
    const { act, outcome, node } = deed;
    if (!('id' in outcome)) return [];
    const { id } = outcome;
    if (!isMintedForm(id)) return [{ rule: 'S4', what: `${id} has not the form of an id`, deeds: [deed] }];
    const isNew = act.kind === 'mint' || (outcome.kind === 'opened' && outcome.state === 'minted');
    if (!isNew) return [];
    const twin = minted.get(id);
    minted.set(id, deed);
    return [
      ...(twin === undefined ? [] : [{ rule: 'S4' as const, what: `${id} is minted twice`, deeds: [twin, deed] }]),
      ...(id.startsWith(node) ? [] : [{ rule: 'S4' as const, what: `${node} mints ${id}`, deeds: [deed] }]),
    ];
  });
}

/** S6: who asks a host that runs, is answered in time, whatever happens to the others. */
function slow(deeds: readonly ChaosDeed[], troubles: readonly Trouble[], hardCapMs: number): BrokenPromise[] {
  return deeds.flatMap((deed): BrokenPromise[] => {
    const { begunAt, answeredAt } = deed;
    const took = answeredAt - begunAt;
    const capMs = longestMs(deed, hardCapMs);
    if (took <= capMs) return [];
    const span = { from: begunAt, to: Number.isFinite(took) ? answeredAt : begunAt + capMs };
    if (troubles.some((trouble) => isInTheWay(trouble, deed) && overlaps(trouble, span))) return [];
    return [
      { rule: 'S6', what: Number.isFinite(took) ? `took ${Math.round(took)} ms` : 'was never answered', deeds: [deed] },
    ];
  });
}

function isInTheWay({ kind, struck }: Trouble, { via, node }: ChaosDeed): boolean {
  if (via === 'balancer') return true;
  return kind === 'overload' || (FAULTS[kind].isSilence && struck.includes(node));
}

/** In these runs nothing lives long enough to expire, no store is full, and nobody asks for what is no id. */
const NEVER_HERE: readonly ResetReason[] = ['expired', 'evicted', 'malformed'];

/** S9: each reset has a reason, and it is the true one as far as a visitor can know. */
function badReasons(deeds: readonly ChaosDeed[]): BrokenPromise[] {
  const wished = new Set(deeds.flatMap(({ act }) => (act.kind === 'destroy' || act.kind === 'rotate' ? [act.id] : [])));
  return deeds.flatMap((deed): BrokenPromise[] => {
    const { act, outcome } = deed;
    const isReset = outcome.kind === 'miss' || (outcome.kind === 'opened' && outcome.state === 'regenerated');
    if (!isReset) return [];
    const { reason } = outcome;
    if (reason === undefined) return [{ rule: 'S9', what: 'a reset without a reason', deeds: [deed] }];
    const isWished = wished.has(subjectOf(act) ?? '');
    if (!NEVER_HERE.includes(reason) && (reason !== 'destroyed' || isWished)) return [];
    return [{ rule: 'S9', what: `the reason cannot be ${reason}`, deeds: [deed] }];
  });
}

function isToldGone({ act, outcome }: ChaosDeed): boolean {
  if (act.kind === 'destroy') return false;
  return outcome.kind === 'miss' || (outcome.kind === 'opened' && outcome.state === 'regenerated');
}

function spanOf(deeds: readonly ChaosDeed[]): Span {
  return {
    from: Math.min(...deeds.map(({ begunAt }) => begunAt)),
    to: Math.max(...deeds.map(({ endedAt }) => endedAt)),
  };
}
