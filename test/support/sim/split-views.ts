import { isLetter, type Letter } from '../../../src/session/letter.ts';
import type { Deed, Outcome } from './history.ts';
import { subjectOf } from './history.ts';

/** A time in which the mesh was in sides that could not reach each other. Times as in the deeds. */
export interface Split {
  readonly cutAt: number;
  /** From when on the first could reach each other again. */
  readonly healedAt: number;
  /** From when on all could. */
  readonly mendedAt: number;
  /** When every node served again and knew it of every other. */
  readonly wholeAt: number;
  readonly sideOf: (letter: Letter) => string;
  /** When a node began to serve in a life that it began after the healing; absent for one that did not, or where it is not known. */
  readonly renewedAt?: ReadonlyMap<Letter, number>;
}

/**
 * When a deed was done, as one split sees it. `side`: on one side, surely before anybody of another could be asked.
 * `unsure`: while that began or ended, so that it may have been carried out on either.
 */
export type Phase = 'before' | 'side' | 'unsure' | 'after';

/** What became of one session in one split. */
interface Fate {
  /** Sides without the owner where somebody was told something of it. */
  readonly touchedBy: ReadonlySet<string>;
  /** Sides without the owner where somebody asked, and may or may not have come to something. */
  readonly maybeTouchedBy: ReadonlySet<string>;
}

/** What a visitor of one side could see: all from before, and what was done there. */
export function sideView(deeds: readonly Deed[], split: Split, side: string): Deed[] {
  return deeds.flatMap((deed): Deed[] => {
    const phase = phaseOf(deed, split);
    if (phase === 'unsure') return weakened(deed);
    return phase === 'before' || (phase === 'side' && split.sideOf(deed.node) === side) ? [deed] : [];
  });
}

export function sidesOf(letters: readonly Letter[], split: Split): string[] {
  return [...new Set(letters.map((letter) => split.sideOf(letter)))];
}

/**
 * What must have been true once all was well again: of each session, the side counts that touched it without owning it, else
 * the owner's. Where two such sides touched it, or one only may have, neither is held against the mesh.
 */
export function mergedView(deeds: readonly Deed[], splits: readonly Split[]): Deed[] {
  return splits.reduce<Deed[]>((view, split) => mergeOne(view, split), [...deeds]);
}

/** So long do nodes that join wait for each other; one that died often is let in later, and is stood in for. */
const FELLOWS_MS = 1000;

/** Whether somebody without the owner may have been told anything of this session before this deed had ended. */
export function wasTouchedAcross(deed: Deed, deeds: readonly Deed[], splits: readonly Split[]): boolean {
  const id = subjectOf(deed.act);
  // Whoever opens a session that this one goes on for is led here.
  const ledHere = new Set(
    deeds.flatMap(({ act, outcome }) => (outcome.kind === 'opened' && outcome.id === id ? [subjectOf(act)] : [])),
  );
  return splits.some((split) =>
    deeds.some((one) => {
      const subject = subjectOf(one.act);
      const isOfIt = isAbout(one, id) || (subject !== undefined && ledHere.has(subject));
      if (subject === undefined || !isOfIt) return false;
      if (one.begunAt > deed.endedAt || !mayHaveTouched(one.outcome)) return false;
      if (one.endedAt > split.healedAt + FELLOWS_MS && one.begunAt < split.wholeAt) return true;
      // With some cables mended and others not, a node of the owner's side may have heard of its death, and asked another.
      if (one.endedAt > split.healedAt && one.begunAt < split.mendedAt) return true;
      const phase = phaseOf(one, split);
      return (phase === 'side' || phase === 'unsure') && split.sideOf(one.node) !== split.sideOf(ownerOf(id));
    }),
  );
}

function mergeOne(deeds: readonly Deed[], split: Split): Deed[] {
  const fates = fatesOf(deeds, split);
  const rotated = new Set(deeds.flatMap(({ act }) => (act.kind === 'rotate' ? [act.id] : [])));
  const counts = (id: string | undefined, { node }: Deed): 'yes' | 'no' | 'unsure' => {
    const { touchedBy = NOBODY, maybeTouchedBy = NOBODY } = fates.get(id ?? '') ?? {};
    const across = new Set([...touchedBy, ...maybeTouchedBy]);
    if (id === undefined || across.size === 0) return 'yes';
    if (across.size > 1 || touchedBy.size === 0) return 'unsure';
    return across.has(split.sideOf(node)) ? 'yes' : 'no';
  };
  return deeds.flatMap((deed): Deed[] => {
    const phase = phaseOf(deed, split);
    if (phase === 'before' || phase === 'after') return [deed];
    const subject = counts(subjectOf(deed.act), deed);
    if (phase === 'unsure' || subject === 'unsure') return weakened(deed);
    // What was written there lives on in the session that it was rotated to, if that is still there.
    if (subject === 'no') return rotated.has(subjectOf(deed.act) ?? '') ? weakened(deed) : [];
    return counts('id' in deed.outcome ? deed.outcome.id : undefined, deed) === 'yes' ? [deed] : withoutSuccessor(deed);
  });
}

/** Of an opening that led to another session, which another side counts for: that the one asked for was gone. */
function withoutSuccessor(deed: Deed): Deed[] {
  const id = subjectOf(deed.act);
  if (id === undefined || deed.outcome.kind !== 'opened' || deed.outcome.id === id) return [deed];
  return [{ ...deed, act: { kind: 'get', id }, outcome: { kind: 'miss', reason: 'owner-dead' } }];
}

/** What was begun is carried out by then, or never; whether somebody waits for the answer or not. */
const LONGEST_MS = 1000;

const NOBODY: ReadonlySet<string> = new Set();

function fatesOf(deeds: readonly Deed[], split: Split): ReadonlyMap<string, Fate> {
  const fates = new Map<string, { touchedBy: Set<string>; maybeTouchedBy: Set<string> }>();
  for (const deed of deeds) {
    const phase = phaseOf(deed, split);
    if ((phase !== 'side' && phase !== 'unsure') || !mayHaveTouched(deed.outcome)) continue;
    const isSure = phase === 'side' && deed.outcome.kind !== 'in-doubt' && deed.outcome.kind !== 'lost';
    for (const id of touchedIds(deed)) {
      if (!isAcross(id, deed, split)) continue;
      const fate = fates.get(id) ?? { touchedBy: new Set(), maybeTouchedBy: new Set() };
      fates.set(id, fate);
      (isSure ? fate.touchedBy : fate.maybeTouchedBy).add(split.sideOf(deed.node));
    }
  }
  return fates;
}

/** What it asked for, and the id that a rotation gave: that has the former one's letter, wherever it was done. */
function touchedIds({ act, outcome }: Deed): ReadonlySet<string> {
  const subject = subjectOf(act);
  const given = act.kind === 'rotate' && outcome.kind === 'written' ? outcome.id : undefined;
  return new Set([subject, given].filter((id) => id !== undefined));
}

function isAbout(deed: Deed, id: string | undefined): boolean {
  return id !== undefined && touchedIds(deed).has(id);
}

/** Done on a side where the session's owner was not. */
function isAcross(id: string, { node }: Deed, split: Split): boolean {
  return split.sideOf(node) !== split.sideOf(ownerOf(id));
}

function ownerOf(id: string | undefined): Letter {
  const letter = id?.slice(0, 1) ?? '';
  if (!isLetter(letter)) throw new RangeError(`${id ?? 'nothing'} belongs to nobody`);
  return letter;
}

function mayHaveTouched({ kind }: Outcome): boolean {
  return kind !== 'unavailable' && kind !== 'refused';
}

export function phaseOf({ node, begunAt, endedAt: toldAt }: Deed, split: Split): Phase {
  const { cutAt, healedAt, renewedAt, wholeAt } = split;
  const endedAt = Math.min(toldAt, begunAt + LONGEST_MS);
  if (endedAt < cutAt) return 'before';
  if (begunAt >= wholeAt || begunAt > (renewedAt?.get(node) ?? Infinity)) return 'after';
  return begunAt >= cutAt && endedAt < healedAt ? 'side' : 'unsure';
}

/** It may have been carried out, or may yet be; nothing follows from what was told. */
function weakened(deed: Deed): Deed[] {
  return 'write' in deed.act || deed.act.kind === 'destroy' || deed.act.kind === 'rotate'
    ? [{ ...deed, endedAt: Infinity, outcome: { kind: 'lost' } }]
    : [];
}
