import type { HandshakeRefusal } from '../errors.ts';
import type { Letter } from '../session/letter.ts';
import type { StoreDescription } from '../store/store.ts';

/** The mesh as this node sees it: `GET /v1/cluster` and `maglia status`. */
export interface ClusterView {
  readonly letter: Letter;
  readonly incarnation: number;
  /** Whether this node answers for its letter, and if not, why not. */
  readonly tenure: { readonly state: 'joining' | 'serving' | 'leaving'; readonly why: string };
  readonly mapDigest: string;
  readonly software: string;
  /** The versions of the wire that this node speaks. A daemon of an older release does not say it. */
  readonly wire?: { readonly oldest: number; readonly newest: number };
  readonly store: StoreDescription;
  readonly peers: readonly PeerView[];
  /** Callers that this node refused and whose letter is not a peer's, or is our own. */
  readonly strangers: readonly RefusalView[];
}

export interface PeerView {
  readonly letter: Letter;
  /** `host:port` of its mesh port. */
  readonly address: string;
  readonly state: 'alive' | 'suspect' | 'dead' | 'left' | 'returning';
  readonly incarnation: number;
  readonly why: string;
  readonly sinceMs: number;
  readonly link: {
    readonly state: 'dialling' | 'up' | 'waiting' | 'refused' | 'closed';
    readonly why: string;
    /** The version of the wire that is spoken on it, where it is up. */
    readonly wire?: number;
  };
  /** The last time that we refused this peer's call, if we did since it last got in. */
  readonly refused?: RefusalView;
}

export interface RefusalView {
  readonly refusal: HandshakeRefusal;
  readonly explanation: string;
  readonly from: string;
  readonly agoMs: number;
}
