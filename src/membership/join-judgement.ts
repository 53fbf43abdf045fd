import type { LifeHistory } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';

/** What came of asking one peer what happened in our name. */
export type AskedPeer =
  | { readonly kind: 'answered'; readonly letter: Letter; readonly history: LifeHistory }
  /** It refuses to talk to us at all: another secret, another map. */
  | { readonly kind: 'rejected'; readonly letter: Letter }
  /** `isRefusing`: its machine answers, but no daemon listens there. */
  | { readonly kind: 'unreachable'; readonly letter: Letter; readonly isRefusing: boolean };

export interface JoinCircumstances {
  readonly hasFormerSessions: boolean;
  /** Our life that last served; 0 for none. */
  readonly priorIncarnation: number;
  /** Nobody has answered for as long as we are told to wait. */
  readonly isPatienceOver: boolean;
}

export type JoinJudgement =
  | { readonly kind: 'wait'; readonly notBeforeMs: number }
  | (Verdict & { readonly kind: 'keep' })
  | (Verdict & { readonly kind: 'wipe'; readonly why: string });

interface Verdict {
  readonly highestIncarnation: number;
  /** We took part in every decision of the mesh since our former life began, so what we remember still counts. */
  readonly isContinuous: boolean;
}

/**
 * Whether a (re)starting node may keep what its store holds from a former life (DESIGN, "Coming back"). It may where a
 * peer vouches for that life - never declared dead, or declared dead with everything that was done since on record -
 * and nobody's record has gaps. Every peer must be heard, or be held for dead by one that was.
 */
export function judgeHistories(asked: readonly AskedPeer[], circumstances: JoinCircumstances): JoinJudgement {
  const { hasFormerSessions, isPatienceOver, priorIncarnation } = circumstances;
  const answered = asked.flatMap((peer) => (peer.kind === 'answered' ? [peer] : []));
  const heldForDead = new Set(answered.flatMap(({ history }) => history.dead.map(({ letter }) => letter)));
  const missing = asked.filter((peer) => peer.kind !== 'answered' && !heldForDead.has(peer.letter));
  const histories = answered.map(({ history }) => history);
  const highestIncarnation = Math.max(0, ...histories.map((history) => history.highestIncarnation));
  const notBeforeMs = Math.max(0, ...histories.map((history) => history.notBeforeMs));
  if (notBeforeMs > 0) return { kind: 'wait', notBeforeMs };

  // A node with nothing to lose need not wait for daemons that surely do not run.
  const isBlocked = missing.some((peer) => peer.kind === 'rejected' || hasFormerSessions || !isRefusing(peer));
  const isAlone = answered.length === 0;
  const isRejected = missing.some((peer) => peer.kind === 'rejected');
  if (isBlocked && !(isAlone && isPatienceOver && !isRejected)) return { kind: 'wait', notBeforeMs: 0 };

  const hasGaps = answered.some(({ history }) =>
    history.estates.some((estate) => isOwn(estate, asked) && !estate.complete),
  );
  const isContinuous =
    priorIncarnation > 0 &&
    histories.some(({ verdict }) => verdict === 'kept') &&
    !histories.some(({ verdict }) => verdict === 'dead');
  if (!hasFormerSessions) return { kind: 'keep', highestIncarnation, isContinuous };
  if (asked.length === 0) return { kind: 'keep', highestIncarnation, isContinuous: true };
  if (hasGaps)
    return { kind: 'wipe', why: 'the record of what was done meanwhile has gaps', highestIncarnation, isContinuous };
  if (!histories.some(({ verdict }) => verdict !== 'forgotten')) {
    return { kind: 'wipe', why: 'no peer can say what was done meanwhile', highestIncarnation, isContinuous };
  }
  return { kind: 'keep', highestIncarnation, isContinuous };
}

function isRefusing(peer: AskedPeer): boolean {
  return peer.kind === 'unreachable' && peer.isRefusing;
}

/** Our own letter is the one that is none of the peers'. */
function isOwn(estate: { readonly letter: Letter }, asked: readonly AskedPeer[]): boolean {
  return !asked.some((peer) => peer.letter === estate.letter);
}
