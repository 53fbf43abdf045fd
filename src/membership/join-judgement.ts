import type { HandshakeRefusal } from '../errors.ts';
import type { LifeHistory, OfferedEstate } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';

/** What came of asking one peer what happened on our behalf. */
export type AskedPeer =
  | { readonly kind: 'answered'; readonly letter: Letter; readonly history: LifeHistory }
  /** It refuses to talk to us at all. */
  | { readonly kind: 'rejected'; readonly letter: Letter; readonly refusal: HandshakeRefusal }
  | {
      readonly kind: 'unreachable';
      readonly letter: Letter;
      /** Its machine answers, but no daemon listens there. */
      readonly isRefusing: boolean;
      /** We and all who answer us hold it for (as good as) dead. */
      readonly isDead: boolean;
      /** It told us that it considers us dead: it is there, and may have acted on our behalf, whatever the others hold of it. */
      readonly hasJudgedUs: boolean;
    };

export type AnsweredPeer = Extract<AskedPeer, { kind: 'answered' }>;

export interface JoinCircumstances {
  readonly hasFormerSessions: boolean;
  /** Our life that last served; 0 for none. */
  readonly priorIncarnation: number;
  /** The lives that we have asked to be released in since: a peer that recalls one has given us all that it did before. */
  readonly triedIncarnations: ReadonlySet<number>;
  /** The life of ours since which a peer can have done nothing on our behalf that we have not taken over. */
  readonly settledWith: (letter: Letter) => number;
  /** We have only begun to ask: where cables are mended one after the other, those behind the last are not reached yet. */
  readonly isEarly: boolean;
  /** We have waited for those that do not answer for as long as we are told to. */
  readonly isPatienceOver: boolean;
}

export type JoinJudgement =
  | { readonly kind: 'wait'; readonly notBeforeMs: number; readonly why: string }
  | (Verdict & {
      readonly kind: 'keep';
      /** Why what one peer kept may be older than what another did: nothing in our store is, but its account may be. */
      readonly doubt?: string;
    })
  | (Verdict & {
      readonly kind: 'wipe';
      readonly why: string;
      /** Whatever happens from now on: what is missing is lost. */
      readonly isFinal: boolean;
    });

interface Verdict {
  readonly highestIncarnation: number;
  /** We took part in every decision of the mesh since our former life began, so what we remember still counts. */
  readonly isContinuous: boolean;
  /** Something is lost that was done with ids which no node minted: sessions under such ids may be older than that. */
  readonly forgetsUnminted: boolean;
}

/**
 * Whether a (re)starting node may keep what its store holds from a former life (docs/guarantees.md#coming-back). It may where
 * everything that other nodes did on its behalf is known. Either each peer answers for what it did itself. Or one peer vouches for
 * that life: it was never declared dead, or it was, and everything that was done since is on record. Then no record may have
 * gaps, other than those that a peer named in them fills. Every peer must be heard, or all informed peers that were
 * heard must consider it dead. A peer without which we go on, because it surely does not run, may have taken with it what
 * it did on our behalf.
 */
export function judgeHistories(asked: readonly AskedPeer[], circumstances: JoinCircumstances): JoinJudgement {
  const { hasFormerSessions, isEarly, isPatienceOver, priorIncarnation, settledWith, triedIncarnations } =
    circumstances;
  const answered = asked.flatMap((peer) => (peer.kind === 'answered' ? [peer] : []));
  const histories = answered.map(({ history }) => history);
  const informed = histories.filter(({ isInformed }) => isInformed);
  const missing = asked.filter((peer) => {
    if (peer.kind === 'answered') return false;
    return !isConsideredDead(peer.letter, informed) || (peer.kind === 'unreachable' && peer.hasJudgedUs);
  });
  const highestIncarnation = Math.max(0, ...histories.map((history) => history.highestIncarnation));
  const notBeforeMs = Math.max(0, ...histories.map((history) => history.notBeforeMs));
  if (notBeforeMs > 0) {
    const damping = answered.filter(({ history }) => history.notBeforeMs > 0).map(({ letter }) => letter);
    const why = `we were declared dead again and again: ${damping.join(', ')} lets us in after ${notBeforeMs} ms`;
    return { kind: 'wait', notBeforeMs, why };
  }

  // A node with nothing to lose need not wait for daemons that surely do not run, nor for those of another mesh.
  const isOfAnotherMesh = outvotes(answered, asked);
  const isAbsent = (peer: AskedPeer): boolean => {
    if (peer.kind === 'answered') return false;
    if (peer.kind === 'rejected') return isOfAnotherMesh(peer) && (isPatienceOver || !hasFormerSessions);
    return isPatienceOver ? peer.isRefusing || peer.isDead : !hasFormerSessions && peer.isRefusing;
  };
  const awaited = missing.filter((peer) => !isAbsent(peer));
  if (awaited.length > 0) return { kind: 'wait', notBeforeMs: 0, why: awaited.map(describeAbsence).join('; ') };

  const isRecalled = ({ letter, history: { recalls } }: AnsweredPeer): boolean =>
    recalls > 0 && (recalls === priorIncarnation || recalls <= settledWith(letter) || triedIncarnations.has(recalls));
  const recalling = new Set(answered.filter(isRecalled).map(({ letter }) => letter));
  const records = histories.flatMap(({ estates }) => estates.filter((estate) => isOwn(estate, asked)));
  const isFilled = ({ complete, gapsBy }: OfferedEstate): boolean =>
    complete || (gapsBy.length > 0 && gapsBy.every((by) => recalling.has(by)));
  const hasGaps = !records.every(isFilled);
  // Together all nodes know everything, even where each of them was away.
  const vouching = answered.length === asked.length ? histories : informed;
  const isContinuous =
    priorIncarnation > 0 &&
    missing.length === 0 &&
    vouching.some(({ verdict }) => verdict === 'kept') &&
    !histories.some(({ verdict }) => verdict === 'dead');
  const doubt = doubtOf(hasGaps, missing.length > 0);
  const forgetsUnminted = records.some((record) => record.forgetsUnminted);
  const verdict: Verdict = { highestIncarnation, isContinuous, forgetsUnminted };
  if (!hasFormerSessions) return { kind: 'keep', ...verdict, ...(doubt !== undefined && { doubt }) };
  if (asked.length === 0) return { kind: 'keep', ...verdict, isContinuous: true };
  // One that is considered dead, and does not refuse, may be back in a moment, and say what is missing.
  const mayCome = asked.filter((peer) => peer.kind === 'unreachable' && !peer.isRefusing);
  const isFinal = records.some(({ complete, gapsBy }) => !complete && gapsBy.length === 0);
  const wipe = (why: string): JoinJudgement =>
    isEarly && mayCome.length > 0
      ? { kind: 'wait', notBeforeMs: 0, why: mayCome.map(describeAbsence).join('; ') }
      : { kind: 'wipe', why, isFinal, ...verdict };
  if (doubt !== undefined) return wipe(doubt);
  const isKnown = recalling.size === asked.length || vouching.some(({ verdict }) => verdict !== 'forgotten');
  if (!isKnown) return wipe('no peer can say what was done meanwhile');
  return { kind: 'keep', ...verdict };
}

/** What says that two daemons are not of one mesh, whatever else is wrong. */
const OTHER_MESH: ReadonlySet<HandshakeRefusal> = new Set([
  'wrong-secret',
  'wrong-map',
  'unknown-letter',
  'wrong-version',
  'wrong-clock',
]);

/**
 * Whether a host that refuses us is the one that is wrong: it has another secret, map, version or year than we and most others. It
 * can have acted on nobody's behalf in this mesh. Where as many refuse us as agree with us, we may be the one that is wrong.
 */
function outvotes(
  answered: readonly AnsweredPeer[],
  asked: readonly AskedPeer[],
): (peer: Extract<AskedPeer, { kind: 'rejected' }>) => boolean {
  const refusing = asked.filter(({ kind }) => kind === 'rejected').length;
  return ({ refusal }) => OTHER_MESH.has(refusal) && answered.length + 1 > refusing;
}

function describeAbsence(peer: AskedPeer): string {
  if (peer.kind === 'rejected') return `${peer.letter} and we refuse each other (${peer.refusal})`;
  return `${peer.letter} has not been heard yet`;
}

/** What of all that was done on our behalf may be missing from what we are told. */
function doubtOf(hasGaps: boolean, isMissing: boolean): string | undefined {
  if (hasGaps) return 'the record of what was done meanwhile has gaps';
  return isMissing ? 'a peer that may have acted on our behalf cannot be asked' : undefined;
}

function isConsideredDead(peer: Letter, informed: readonly LifeHistory[]): boolean {
  return informed.length > 0 && informed.every(({ dead }) => dead.some(({ letter }) => letter === peer));
}

/** Our own letter is the one that is none of the peers'. */
function isOwn(estate: { readonly letter: Letter }, asked: readonly AskedPeer[]): boolean {
  return !asked.some((peer) => peer.letter === estate.letter);
}
