import type { Letter } from '../../../src/session/letter.ts';
import type { ResetReason } from '../../../src/session/record.ts';

/** What a visitor asks for. `write` numbers what it writes, so that whoever reads it back knows whose it is. */
export type Act =
  | { readonly kind: 'mint'; readonly lineage: string; readonly write: number }
  | { readonly kind: 'open'; readonly id?: string }
  | { readonly kind: 'get'; readonly id: string }
  | { readonly kind: 'put'; readonly id: string; readonly lineage: string; readonly write: number }
  | { readonly kind: 'keep'; readonly id: string; readonly lineage: string; readonly write: number }
  | { readonly kind: 'patch'; readonly id: string; readonly lineage: string; readonly write: number }
  | { readonly kind: 'touch'; readonly id: string }
  | { readonly kind: 'destroy'; readonly id: string }
  | { readonly kind: 'rotate'; readonly id: string };

/** What stands in a session: whose it is, the write that it began with, and the patches on top. All empty: just opened. */
export interface Payload {
  readonly lineage?: string;
  readonly write?: number;
  readonly patches: readonly number[];
}

export type Outcome =
  | { readonly kind: 'read'; readonly id: string; readonly version: number; readonly payload: Payload }
  | { readonly kind: 'written'; readonly id: string; readonly version: number }
  | {
      readonly kind: 'opened';
      readonly id: string;
      readonly state: 'found' | 'minted' | 'regenerated';
      readonly reason?: ResetReason;
      readonly version: number;
      readonly payload: Payload;
    }
  | { readonly kind: 'miss'; readonly reason: ResetReason }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'in-doubt'; readonly code: string }
  | { readonly kind: 'unavailable'; readonly code: string }
  /** The visitor got no answer: the node died, or the visitor gave up. */
  | { readonly kind: 'lost' };

/** One thing that a visitor asked of one node, and what came of it. Times are the world's. */
export interface Deed {
  readonly number: number;
  readonly node: Letter;
  readonly act: Act;
  readonly begunAt: number;
  /** Infinity where no answer came: it may be carried out at any time. */
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** Whether the node was stopped, or killed, meanwhile: then it may be late. */
  readonly wasStopped: boolean;
}

/** Everything that a checker looks at. */
export interface History {
  readonly deeds: readonly Deed[];
  /** Whose session each id is; an id that goes on for another one has the same. */
  readonly lineages: ReadonlyMap<string, string>;
  /** The first time that something befell a node that may cost sessions: it was killed, stopped, or its store failed. */
  readonly hurtAt: ReadonlyMap<Letter, number>;
  /** When no daemon ran there: its sessions were orphans. */
  readonly absences: readonly { readonly node: Letter; readonly from: number; readonly to: number }[];
  /** When something befell the mesh, or changed in what one node holds of another. */
  readonly unrest: readonly number[];
}

/** The id that an act is about; undefined where there is none yet. */
export function subjectOf(act: Act): string | undefined {
  return act.kind === 'mint' ? undefined : act.id;
}
