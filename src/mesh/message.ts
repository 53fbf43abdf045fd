import type { HandshakeRefusal } from '../errors.ts';
import type { SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { Reply } from '../session/reply.ts';

/** The version of this wire. Daemons that speak different ones refuse each other. */
export const WIRE_VERSION = 3;

/** Whether a node answers for its letter yet, or still. */
export type Phase = 'joining' | 'serving' | 'leaving';

/** The first frame in each direction of a link. */
export interface Hello {
  readonly wireVersion: number;
  /** The sender's own letter. */
  readonly letter: Letter;
  /** The letter that the sender believes it has reached; in an answer, the letter that it answers. */
  readonly to: Letter;
  readonly incarnation: number;
  readonly phase: Phase;
  readonly mapDigest: string;
  /** The program's version, for `status`; decides nothing. */
  readonly software: string;
}

export type HelloAnswer =
  | { readonly kind: 'welcome'; readonly hello: Hello }
  | { readonly kind: 'refused'; readonly refusal: HandshakeRefusal; readonly explanation: string };

/** What a node says about another one's life when asked. */
export type LifeVerdict = 'alive' | 'dead' | 'unknown';

/** What gives rise to an accusation: a refused redial, or nothing heard. */
export type Evidence = 'refused' | 'silence';

/**
 * How a request reached its executor: straight to the owner; to the stand-in of a dead owner; to a third node that
 * still sees the owner. The last two may cause one more hop, never two.
 */
export type Route = 'owner' | 'stand-in' | 'relay';

/** One request on a link, from the daemon that dialled. Each gets one answer of the same number. */
export type PeerRequest =
  /** Are you there, and do you consider this life of mine alive? */
  | { readonly kind: 'ping'; readonly incarnation: number }
  /**
   * I consider this life of `letter` dead; do you still see it? A voter that agrees considers it dead from then on, unless this
   * is a `isPoll`: what would you say?
   */
  | {
      readonly kind: 'accuse';
      readonly letter: Letter;
      readonly incarnation: number;
      readonly evidence: Evidence;
      readonly isPoll: boolean;
    }
  /** I start (again): what happened in my name? `priorIncarnation` 0: I kept nothing from a former life. */
  | {
      readonly kind: 'join';
      readonly incarnation: number;
      readonly priorIncarnation: number;
      /** The life of mine since which you can have done nothing in my name that I have not taken over. */
      readonly settled: number;
    }
  /** Hand over this account of what you did in that letter's name from `cursor` on, as much as fits into one frame. */
  | {
      readonly kind: 'collect';
      readonly incarnation: number;
      readonly letter: Letter;
      readonly account: number;
      readonly cursor: number;
    }
  /** Hold requests for me from now on. */
  | { readonly kind: 'hold'; readonly incarnation: number }
  /** I have applied everything: consider me alive and forward to me. */
  | { readonly kind: 'release'; readonly incarnation: number }
  /** I am leaving for good. */
  | { readonly kind: 'goodbye'; readonly incarnation: number }
  /** I restart with my store intact: do not declare me dead for `forMs`. */
  | { readonly kind: 'pause'; readonly incarnation: number; readonly forMs: number }
  | {
      readonly kind: 'execute';
      readonly route: Route;
      /** The letter that answers for the id, and the life of it that the sender means. */
      readonly owner: Letter;
      readonly incarnation: number;
      /** What is left of the deadline. */
      readonly budgetMs: number;
      readonly command: SessionCommand;
    };

export type PeerRequestKind = PeerRequest['kind'];

export type RequestOf<K extends PeerRequestKind> = Extract<PeerRequest, { kind: K }>;

export type PeerAnswer =
  /** What I hold of the life that pinged; and my own incarnation and phase. */
  | {
      readonly kind: 'pong';
      readonly verdict: LifeVerdict;
      readonly incarnation: number;
      readonly phase: Phase;
    }
  /** `agreed`: dead for me too. Otherwise I last heard from it `heardAgoMs` ago, in the life `incarnation`. */
  | {
      readonly kind: 'verdict';
      readonly agreed: boolean;
      readonly heardAgoMs: number;
      readonly incarnation: number;
    }
  | { readonly kind: 'history'; readonly history: LifeHistory }
  | {
      readonly kind: 'entries';
      readonly entries: readonly EstateEntry[];
      readonly nextCursor: number;
      readonly more: boolean;
    }
  /** To `hold`, `release`, `goodbye`, `pause`. `accepted: false`: things have changed, begin again with `join`. */
  | { readonly kind: 'acknowledged'; readonly accepted: boolean }
  /** `executorIncarnation` lets a sender that used a former life's number learn the present one. */
  | { readonly kind: 'reply'; readonly id: string; readonly executorIncarnation: number; readonly reply: Reply };

/** One account of what was done on a dead owner's behalf. A node may have several. */
export interface OfferedEstate {
  readonly letter: Letter;
  /** Names it towards its holder; 0 where there is nothing to collect. */
  readonly account: number;
  /** The owner's life on whose behalf it was done. */
  readonly life: number;
  /** Nothing that was done on its behalf is known to be missing, but for what `forgetsUnminted` says. */
  readonly complete: boolean;
  /** Where it is not: who can fill the gaps, having acted on its behalf as well. Nobody: what is missing is lost. */
  readonly gapsBy: readonly Letter[];
  /** Besides, something that was done with ids which no node minted is lost. */
  readonly forgetsUnminted: boolean;
  /** The holder lost its own life since: others may have acted after it. */
  readonly isClosed: boolean;
}

/** What a peer knows of the joining node's former life. */
export interface LifeHistory {
  /**
   * The peer serves, and is sure that it was not declared dead itself: it took part in every decision up to now. Of
   * another's word only the reservations count, unless no peer is missing who may know better.
   */
  readonly isInformed: boolean;
  /** The life in which it serves; 0 where it does not, yet. */
  readonly serving: number;
  /**
   * `kept`: saw that life alive and took part in every decision since, and it was not declared dead. `dead`: it was.
   * `forgotten`: this peer cannot vouch either way.
   */
  readonly verdict: 'kept' | 'dead' | 'forgotten';
  /** What this peer did in dead owners' names, as far as it is the joining node's business. */
  readonly estates: readonly OfferedEstate[];
  /** The life of this peer since which the joining node can have done nothing on its behalf that it has not taken over. */
  readonly settled: number;
  /** The life of the joining node since whose beginning this peer remembers all that it did itself on its behalf; 0: none. */
  readonly recalls: number;
  /** A node that died often lately is let in no sooner than after this. */
  readonly notBeforeMs: number;
  /** The highest incarnation of the joining node that this peer has ever seen. */
  readonly highestIncarnation: number;
  /** Lives declared dead, so that the joining node starts with the same view. */
  readonly dead: readonly { readonly letter: Letter; readonly incarnation: number }[];
}
