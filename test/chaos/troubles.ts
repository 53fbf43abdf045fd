import type { Letter } from '../../src/session/letter.ts';
import type { FaultKind } from './faults.ts';

/** One fault that befell the hosts, as far as a judge of promises must know of it. Times as in the record. */
export interface Trouble {
  /** `overload`: nothing was done to anybody, and yet one host took another for dead. */
  readonly kind: FaultKind | 'overload';
  /** Whom the seed chose. */
  readonly victim: Letter;
  /** Whom it befell: mostly the victim alone. */
  readonly struck: readonly Letter[];
  /** From just before it was done until every host was well again and knew it of every other. */
  readonly from: number;
  /** When it surely was done. */
  readonly doneAt: number;
  /** When undoing it began; where it passes by itself, some time after it had. */
  readonly undoneAt: number;
  readonly to: number;
  /** Whose sessions it may cost. */
  readonly hurts: readonly Letter[];
  /** While no daemon answered for the victim and all the others knew; absent where that did not come, or is not known. */
  readonly absence?: { readonly from: number; readonly to: number };
  /** Where the mesh was in two parts that could not reach each other: the victim, and the others. */
  readonly isSplit: boolean;
  /** What proves that it bit; empty where nothing does. */
  readonly bites: readonly string[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export function overlaps(one: Span, other: Span): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/** When something had befallen the mesh that not everybody had noticed yet, or that was just passing. */
export function unrestOf({ from, to, absence }: Trouble): Span[] {
  if (absence === undefined) return [{ from, to }];
  return [
    { from, to: absence.from },
    { from: absence.to, to },
  ];
}
