import { isGone } from '../membership/members.ts';
import type { MemberState } from '../membership/member-state.ts';
import { standInFor } from '../membership/stand-in.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import { ownerLetter } from '../session/session-id.ts';

/** Where an id is answered from, as this node sees the mesh now. */
export type Placement =
  | { readonly kind: 'own' }
  | { readonly kind: 'peer'; readonly letter: Letter; readonly incarnation: number }
  /** Our own route to the owner is in doubt: somebody else may relay, or a verdict is near. */
  | { readonly kind: 'suspect'; readonly letter: Letter; readonly incarnation: number }
  /** The owner is dead; `by` stands in for it and may be this node itself. */
  | { readonly kind: 'standIn'; readonly owner: Letter; readonly incarnation: number; readonly by: Letter }
  /** Nobody may answer at this moment: the owner is coming back, or its stand-in is in doubt. */
  | { readonly kind: 'unplaceable'; readonly owner: Letter };

/** What placement needs to know of the mesh. */
export interface MeshSight {
  readonly self: Letter;
  readonly map: LetterMap;
  readonly stateOf: (peer: Letter) => MemberState;
}

export function place(id: string, sight: MeshSight): Placement {
  return placeLetter(ownerLetter(id, sight.map), sight);
}

/** Placement of all the ids of one owner. */
export function placeLetter(owner: Letter, { self, map, stateOf }: MeshSight): Placement {
  if (owner === self) return { kind: 'own' };
  const state = stateOf(owner);
  const { incarnation } = state;
  if (state.kind === 'alive') return { kind: 'peer', letter: owner, incarnation };
  if (state.kind === 'suspect') return { kind: 'suspect', letter: owner, incarnation };
  if (state.kind === 'returning') return { kind: 'unplaceable', owner };

  const by = standInFor(owner, map, (letter) => letter === self || !isGone(stateOf(letter)));
  if (by === undefined) return { kind: 'unplaceable', owner };
  if (by !== self && stateOf(by).kind !== 'alive') return { kind: 'unplaceable', owner };
  return { kind: 'standIn', owner, incarnation, by };
}

/** Whether this node itself is the one that stands in for the owner now. */
export function isStandIn(owner: Letter, sight: MeshSight): boolean {
  const placement = placeLetter(owner, sight);
  return placement.kind === 'standIn' && placement.by === sight.self;
}
