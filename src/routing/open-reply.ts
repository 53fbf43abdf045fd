import type { Content, LockRequest } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { LockGrant, Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';

/** The one call at the start of a web request: find this session, or give me a fresh one. */
export interface OpenRequest {
  /** What the visitor's cookie says, as it came; undefined where there is no cookie. */
  readonly id?: string;
  /** Life of the session if a fresh one is minted. */
  readonly ttlSeconds?: number;
  readonly lock?: LockRequest;
}

export interface Opened {
  readonly kind: 'opened';
  readonly id: string;
  readonly state: 'found' | 'minted' | 'regenerated';
  /** Why it was regenerated, and the id that it replaces. */
  readonly reason?: ResetReason;
  readonly previous?: string;
  readonly version: number;
  readonly ttlSeconds: number;
  readonly content: Content;
  /** The letter of the node that answers for `id`. */
  readonly owner: Letter;
  readonly lock?: LockGrant;
}

export type OpenReply = Opened | Extract<Reply, { kind: 'refused' | 'in-doubt' | 'unavailable' }>;
