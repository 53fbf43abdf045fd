import type { TimingsConfig } from '../config/config.ts';
import { ClosedError, MagliaError } from '../errors.ts';
import type { LifeHistory } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';
import { pauseAfter, waits, type JoinOutcome } from './join-outcome.ts';
import { JoinRequests, type JoinRequestsParts } from './join-requests.ts';
import { judgeHistories, type AnsweredPeer, type JoinJudgement } from './join-judgement.ts';
import type { LivesFile, Memory } from './lives-file.ts';
import { isGone } from './members.ts';
import { TakeOver, type TakeOverParts } from './take-over.ts';
import type { Tenure } from './tenure.ts';
import { HOLD_MS } from './witness.ts';

export interface JoinParts extends TakeOverParts, JoinRequestsParts {
  readonly livesFile: Pick<LivesFile, 'memory' | 'save' | 'settled'>;
  readonly tenure: Tenure;
  readonly timings: TimingsConfig;
  /** Our incarnation changed: versions go on above it, links say it in their hello. */
  readonly onIncarnation: (incarnation: number) => void;
  /** From [0, 1), for the jitter of the back-off. */
  readonly random: () => number;
}

/** One round of asking. */
interface Asked {
  readonly judgement: JoinJudgement;
  readonly peers: readonly AnsweredPeer[];
}

/** How long those that join at the same time wait for each other, so that nobody stands in for one that is there. */
const FELLOWS_MS = 1000;
/** A link's longest backoff, and a dial: by then every node that is there again has been reached. */
const REACH_MS = 3000;
/** How often a node that waits for others says so in its log. */
const NAG_MS = 5000;

/**
 * How a node comes to answer for its letter: when it starts, and after it learned that its life was declared dead.
 *
 *     ask all what happened ─► keep or wipe ─► collect estates ─► hold ─► collect the rest ─► release ─► serving
 *
 * Any step that a peer does not accept sends us back to the first.
 */
export class Join {
  readonly #parts: JoinParts;
  #isClosed = false;
  #running: Promise<void> | undefined;
  /** The lives in which we asked to be released, since we last served. */
  readonly #tried = new Set<number>();
  readonly #requests: JoinRequests;
  readonly #takeOver: TakeOver;

  constructor(parts: JoinParts) {
    this.#parts = parts;
    this.#requests = new JoinRequests(parts, () => this.#checkNotOver());
    this.#takeOver = new TakeOver(parts, (letter, request) => this.#requests.ask(letter, request));
  }

  /** Joins, however long it takes. Calls while it runs share its promise. Resolves when serving, or closed. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    const { clock, log, tenure } = this.#parts;
    const startedAt = clock.monotonic();
    let naggedAt = startedAt;
    let failures = 0;
    while (!this.#isOver()) {
      const outcome = await this.#attempt(clock.monotonic() - startedAt).catch((error: unknown): JoinOutcome => {
        if (!(error instanceof MagliaError)) throw error;
        return { kind: 'failed', why: error.message };
      });
      if (outcome.kind === 'serving' || this.#isOver()) return;
      tenure.explain(outcome.why);
      if (clock.monotonic() - naggedAt >= NAG_MS) {
        naggedAt = clock.monotonic();
        log.warn({ why: outcome.why, waiting: this.#waitingFor() }, 'still joining, because %s', outcome.why);
      }
      failures = outcome.kind === 'failed' ? failures + 1 : 0;
      await pauseAfter(outcome, { failures, sinceMs: clock.monotonic() - startedAt, ...this.#parts });
    }
  }

  async #attempt(sinceMs: number): Promise<JoinOutcome> {
    const { clock, lives, livesFile, tenure } = this.#parts;
    // A node that cannot write down what it decides leaves its letter to its stand-in.
    if (!(await livesFile.save(lives.text))) return waits(whyLost(livesFile.memory));
    const first = await this.#ask(sinceMs);
    if (first.judgement.kind === 'wait') return waits(first.judgement.why, first.judgement.notBeforeMs);
    const incarnation = this.#beginLife(first.judgement.highestIncarnation);
    this.#adoptView(first.peers);
    const judged = this.#servesThoughDead(first.peers);
    if (judged !== undefined) return waits(`${judged} has yet to learn that it was declared dead`);

    this.#takeOver.begin();
    // What nobody can make good is dropped before anything is collected, and while the stand-in still serves.
    const isHopeless = first.judgement.kind === 'wipe' && first.judgement.isFinal;
    let unminted = first.judgement.forgetsUnminted;
    if (isHopeless) await this.#takeOver.wipe(first.judgement.why, first.peers);
    for (const peer of first.peers) await this.#takeOver.collect(peer, { all: isHopeless, unminted });
    const heldAt = clock.monotonic();
    const unheld = await this.#requests.refuserOf(first.peers, { kind: 'hold', incarnation });
    if (unheld !== undefined) return { kind: 'failed', why: `${unheld} did not hold the requests for our letter` };
    // From here on nobody is declared dead without asking us; what was decided before is what the others say.
    if (!first.judgement.isContinuous) lives.forgetWitnessed();

    // While it was collected, a record may have got gaps, and another node may have come back that we have not asked.
    const { judgement, peers } = await this.#ask(sinceMs);
    if (judgement.kind === 'wait') return { kind: 'failed', why: judgement.why };
    const changed = changedBetween(first.peers, peers);
    if (changed !== undefined) return { kind: 'failed', why: `${changed} came or went while we joined` };
    if (judgement.highestIncarnation > incarnation) return { kind: 'failed', why: 'a peer remembers a later life' };
    const late = this.#servesThoughDead(peers);
    if (late !== undefined) return waits(`${late} has yet to learn that it was declared dead`);
    const fellow = peers.find(({ letter }) => this.#isToBeWaitedFor(letter, peers, sinceMs));
    if (fellow !== undefined) return waits(`${fellow.letter} joins at the same time`);
    if (first.judgement.isContinuous && !judgement.isContinuous) lives.forgetWitnessed();
    const doubt = doubtIn(judgement);
    const isAnythingAtStake = judgement.kind === 'wipe' || this.#takeOver.hasKept;
    unminted ||= judgement.forgetsUnminted;
    if (doubt !== undefined && isAnythingAtStake) await this.#takeOver.wipe(doubt, peers);
    else if (doubt === undefined && unminted) await this.#takeOver.resetUnminted();
    this.#adoptView(peers);
    for (const peer of peers) await this.#takeOver.collect(peer, { all: doubt !== undefined, unminted });

    // Before anybody forgets, on our word, what the next daemon of this host would have to ask for once more.
    this.#parts.sessions.recordVersions();
    await livesFile.settled();
    const askedAt = clock.monotonic();
    this.#tried.add(incarnation);
    const unreleased = await this.#requests.refuserOf(peers, { kind: 'release', incarnation }, heldAt + HOLD_MS);
    if (unreleased !== undefined) {
      const why = `${unreleased} did not wait for the last step`;
      this.#rejoin(incarnation + 1, why);
      return { kind: 'failed', why };
    }
    this.#checkNotOver();
    lives.recordServed(incarnation, this.#settledWith(peers, judgement));
    this.#witness(peers);
    await livesFile.settled();
    this.#checkNotOver();
    this.#tried.clear();
    this.#takeOver.end();
    tenure.serve(askedAt);
    return { kind: 'serving' };
  }

  /** Asks all peers what happened, and judges. */
  async #ask(sinceMs: number): Promise<Asked> {
    const { lives, members, sessions, timings } = this.#parts;
    const asked = await Promise.all(members.letters.map((letter) => this.#requests.history(letter)));
    // Nobody is asked any more then, which would look as if all were gone.
    this.#checkNotOver();
    const judgement = judgeHistories(asked, {
      hasFormerSessions: sessions.hasFormer(),
      priorIncarnation: lives.served,
      triedIncarnations: this.#tried,
      settledWith: (letter) => lives.settledWith(letter),
      isEarly: sinceMs < REACH_MS,
      isPatienceOver: sinceMs >= timings.joinPatienceMs,
    });
    const peers = asked.filter((peer): peer is AnsweredPeer => peer.kind === 'answered');
    return { judgement, peers };
  }

  /** Takes an incarnation above all that anybody remembers. */
  #beginLife(highestIncarnation: number): number {
    const { lives, tenure } = this.#parts;
    const incarnation = Math.max(tenure.incarnation, highestIncarnation + 1, lives.served + 1);
    if (incarnation !== tenure.incarnation) this.#rejoin(incarnation, 'a peer remembers a later life');
    return incarnation;
  }

  #rejoin(incarnation: number, why: string): void {
    this.#parts.tenure.rejoin(incarnation, why);
    this.#parts.onIncarnation(incarnation);
  }

  /** Those of which we know now, from themselves or from everybody, that nobody has declared them dead. */
  #witness(peers: readonly AnsweredPeer[]): void {
    const { lives, members } = this.#parts;
    for (const { letter, history } of peers) {
      if (history.isInformed) lives.witness(letter, history.serving);
    }
    if (peers.length < members.letters.length) return;
    for (const letter of members.letters) {
      const state = members.stateOf(letter);
      if (state.kind === 'alive') lives.witness(letter, state.incarnation);
    }
  }

  /**
   * We consider it dead, and it answered: it joins as we do, and its new life shows itself in a moment. Where all the others
   * consider it dead too it may be held up, and is waited for only so long.
   */
  #isToBeWaitedFor(letter: Letter, peers: readonly AnsweredPeer[], sinceMs: number): boolean {
    if (!isGone(this.#parts.members.stateOf(letter))) return false;
    return sinceMs < FELLOWS_MS || !peers.some(({ history }) => history.dead.some((dead) => dead.letter === letter));
  }

  /**
   * A peer that still serves in a life that another, or we, consider dead, as when a split has just healed: it learns
   * that at its next ping. Before that nobody may answer on its behalf.
   */
  #servesThoughDead(peers: readonly AnsweredPeer[]): Letter | undefined {
    const deaths = peers.flatMap(({ history }) => history.dead);
    return peers.find(({ letter, history: { serving } }) => {
      if (serving === 0) return false;
      const isDeadElsewhere = deaths.some((dead) => dead.letter === letter && dead.incarnation >= serving);
      return isDeadElsewhere || isGone(this.#parts.members.stateOf(letter));
    })?.letter;
  }

  /** We were not there when it was decided who is dead, and who has come back. */
  #adoptView(peers: readonly AnsweredPeer[]): void {
    const { letter: self, members } = this.#parts;
    for (const { history } of peers) {
      for (const { letter, incarnation } of history.dead) {
        if (letter !== self) members.apply(letter, { kind: 'convicted', incarnation }, 'the peers consider it dead');
      }
    }
    for (const { letter, history } of peers) {
      if (history.serving === 0) continue;
      if (this.#cameBackWithout(letter, history)) {
        const why = 'it came back without what was done here on its behalf';
        // A hold that was under way for long, of a life that it has given up, must not keep it from being told.
        if (members.stateOf(letter).incarnation <= history.serving) members.apply(letter, { kind: 'unheld' }, why);
        members.apply(letter, { kind: 'convicted', incarnation: history.serving }, why);
        continue;
      }
      members.apply(letter, { kind: 'answered', incarnation: history.serving, mayReturn: true }, 'it serves');
    }
  }

  /** Those that handed over what they did; and those that surely do not run, where nothing is left. A silent one may be across a split. */
  #settledWith(peers: readonly AnsweredPeer[], { kind }: JoinJudgement): Letter[] {
    const { detector, members, sessions } = this.#parts;
    const isEmpty = !this.#takeOver.hasKept && (kind === 'wipe' || !sessions.hasFormer());
    const released = new Set(peers.map(({ letter }) => letter));
    return members.letters.filter((letter) => released.has(letter) || (isEmpty && detector.isRefusing(letter)));
  }

  /** As where it restarted within a split, on its side: it has to come back once more, and take over what we did on its behalf. */
  #cameBackWithout(letter: Letter, { serving, settled }: LifeHistory): boolean {
    const untaken = this.#parts.lives.untakenOf(letter);
    return untaken > 0 && untaken < serving && untaken >= settled;
  }

  /** Closed, or leaving: a node that said goodbye must not be taken in again by what it had begun. */
  #isOver(): boolean {
    return this.#isClosed || this.#parts.tenure.phase !== 'joining';
  }

  #checkNotOver(): void {
    if (this.#isOver()) throw new ClosedError('this node is closing and joins no more');
  }

  #waitingFor(): string[] {
    const { links, members } = this.#parts;
    return members.letters.filter((letter) => links(letter).state.kind !== 'up');
  }
}

function whyLost(memory: Memory): string {
  return memory.kind === 'lost' ? `memory lost: ${memory.why}` : 'what it knows of lives is being written';
}

/** Why something that was done on our behalf may be missing from what we are told. */
function doubtIn(judgement: JoinJudgement): string | undefined {
  if (judgement.kind === 'wait') return undefined;
  return judgement.kind === 'wipe' ? judgement.why : judgement.doubt;
}

/** One that answered in one round of asking only. */
function changedBetween(before: readonly AnsweredPeer[], after: readonly AnsweredPeer[]): Letter | undefined {
  const lettersOf = (peers: readonly AnsweredPeer[]): readonly Letter[] => peers.map(({ letter }) => letter);
  const [then, now] = [lettersOf(before), lettersOf(after)];
  return then.find((letter) => !now.includes(letter)) ?? now.find((letter) => !then.includes(letter));
}
