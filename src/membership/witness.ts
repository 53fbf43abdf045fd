import type { Clock, Timer } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import type {
  LifeHistory,
  LifeVerdict,
  OfferedEstate,
  PeerAnswer,
  PeerRequestKind,
  RequestOf,
} from '../mesh/message.ts';
import type { RequestTable } from '../mesh/request-table.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import type { Soon } from '../soon.ts';
import { HandOvers, type Estates } from '../standin/estates.ts';
import type { FailureDetector } from './failure-detector.ts';
import type { LivesFile } from './lives-file.ts';
import type { Lives } from './lives.ts';
import type { MemberState } from './member-state.ts';
import { isGone, type Members } from './members.ts';
import type { PeerLinks } from './peer-link.ts';
import { RecentDeaths } from './recent-deaths.ts';
import { agreesSilent, patient } from './silence.ts';
import { standInFor } from './stand-in.ts';
import type { Tenure } from './tenure.ts';

export interface WitnessParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly members: Members;
  readonly detector: Pick<FailureDetector, 'silenceOf' | 'isRefusing' | 'heardFrom' | 'beginAnew'>;
  readonly links: PeerLinks;
  readonly lives: Lives;
  readonly livesFile: Pick<LivesFile, 'hasWritten' | 'settled'>;
  readonly estates: Estates;
  readonly tenure: Pick<Tenure, 'incarnation' | 'isSure' | 'phase'>;
  readonly timings: TimingsConfig;
  readonly clock: Clock;
}

/** What the witness answers; `execute` is the router's. */
export type WitnessKind = Exclude<PeerRequestKind, 'execute'>;

/** Entries of an estate handed over in one frame, shelf records apart from which they are small. */
const ENTRIES_PER_PAGE = 256;

/** A joining node that collects nothing and does not take the last step within this time is not waited for any longer. */
export const HOLD_MS = 1000;
/** However much it has to collect. */
const LONGEST_HOLD_MS = 10_000;

/** The requests for a joining node's letter wait for its last step. */
interface Hold {
  readonly incarnation: number;
  /** Monotonic. */
  readonly since: number;
  readonly timer: Timer;
}

/** Answers what peers ask about lives: their own, and other nodes'. */
export class Witness {
  readonly answers: RequestTable<WitnessKind> = {
    ping: ({ letter }, request) => this.#pong(letter, request),
    accuse: (_from, request) => this.#onceWritten(this.#vote(request)),
    join: ({ letter }, request) => this.#onceWritten({ kind: 'history', history: this.#history(letter, request) }),
    collect: ({ letter }, request) => this.#onceWritten(this.#collect(letter, request)),
    hold: ({ letter }, request) => this.#onceWritten(this.#hold(letter, request)),
    release: ({ letter }, request) => this.#onceWritten(acknowledged(this.#release(letter, request))),
    goodbye: ({ letter }, { incarnation }) => {
      this.#parts.members.apply(letter, { kind: 'goodbye', incarnation }, 'it said goodbye');
      return this.#onceWritten(acknowledged(true));
    },
    pause: ({ letter }, request) => this.#onceWritten(acknowledged(this.#pause(letter, request))),
  };
  readonly #parts: WitnessParts;
  readonly #deaths: RecentDeaths;
  readonly #holds = new Map<Letter, Hold>();
  readonly #handOvers = new HandOvers();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#deaths = new RecentDeaths(parts.timings.deadAfterMs);
  }

  /** A peer was declared dead here, by us or with our vote. */
  noteDeath(letter: Letter): void {
    const { clock, members } = this.#parts;
    this.#deaths.note(letter, clock.monotonic(), members.present().length === 0);
  }

  /** A peer considers us dead. Where we considered it dead too, the silence was on both sides, and says nothing of it. */
  noteJudgedBy(letter: Letter): void {
    const { members, tenure } = this.#parts;
    if (isGone(members.stateOf(letter))) this.#deaths.forgiveLatest(letter, tenure.incarnation);
  }

  /** What an answer tells is on disk before it leaves; but for a pong, which binds nobody and comes often. */
  async #onceWritten(coming: Soon<PeerAnswer>): Promise<PeerAnswer> {
    const answer = await coming;
    await this.#parts.livesFile.settled();
    return answer;
  }

  #pong(from: Letter, { incarnation }: RequestOf<'ping'>): PeerAnswer {
    const { detector, tenure } = this.#parts;
    detector.heardFrom(from, incarnation);
    const verdict = this.#verdictOn(from, incarnation);
    return { kind: 'pong', verdict, incarnation: tenure.incarnation, phase: tenure.phase };
  }

  #verdictOn(letter: Letter, incarnation: number): LifeVerdict {
    const { lives, members, tenure } = this.#parts;
    if (incarnation <= this.#deadUpTo(letter)) return 'dead';
    // A node that was away then, or is out of touch now, cannot know what the others have decided meanwhile.
    const state = members.stateOf(letter);
    if (isGone(state) || state.kind === 'returning' || !tenure.isSure()) return 'unknown';
    const life = lives.of(letter);
    const isWitnessed = life?.incarnation === incarnation && life.isWitnessed;
    return state.incarnation === incarnation && isWitnessed ? 'alive' : 'unknown';
  }

  /** The latest life that was declared dead, or left, to our knowledge; what we decided before a restart stands. */
  #deadUpTo(letter: Letter): number {
    const { lives, members } = this.#parts;
    const state = members.stateOf(letter);
    const life = lives.of(letter);
    const remembered = life === undefined || life.state === 'alive' ? 0 : life.incarnation;
    return Math.max(isGone(state) ? state.incarnation : 0, remembered);
  }

  #vote({ letter: accused, incarnation, evidence, isPoll }: RequestOf<'accuse'>): PeerAnswer {
    const { clock, detector, letter, links, map, members, timings, tenure } = this.#parts;
    if (accused === letter) return { kind: 'verdict', agreed: false, heardAgoMs: 0, incarnation: tenure.incarnation };
    if (!map.has(accused)) return { kind: 'verdict', agreed: false, heardAgoMs: 0, incarnation: 0 };

    const state = members.stateOf(accused);
    const silence = detector.silenceOf(accused);
    const heardAgoMs = Math.round(silence.lifeMs);
    const answer = (agreed: boolean): PeerAnswer => ({
      kind: 'verdict',
      agreed,
      heardAgoMs,
      incarnation: state.incarnation,
    });
    // A node that has a later life did not die in this one.
    if (state.incarnation > incarnation) return answer(isGone(state));
    if (isGone(state)) return answer(true);
    if (state.kind === 'returning') return answer(false);
    // It restarts on purpose and asked for patience.
    if (state.kind === 'suspect' && clock.monotonic() < state.pausedUntil) return answer(false);
    // A firewall may refuse the accuser alone. Without evidence of our own we may have confirmed this life a moment ago.
    const isRefused = evidence === 'refused' && links(accused).state.kind !== 'up' && detector.isRefusing(accused);
    const agreed = isRefused || agreesSilent(silence, members.isAnyPaused() ? patient(timings) : timings);
    if (evidence === 'refused' && !agreed) links(accused).nudge();
    if (agreed && !isPoll) {
      members.apply(accused, { kind: 'convicted', incarnation }, `we agreed to an accusation (${evidence})`);
    }
    return answer(agreed);
  }

  #history(from: Letter, request: RequestOf<'join'>): LifeHistory {
    const { clock, lives, livesFile, map, members, tenure } = this.#parts;
    const state = members.stateOf(from);
    const life = lives.of(from);
    // Before this process has written, the former one may have decided what it could not write down.
    const isKnown =
      livesFile.hasWritten && life !== undefined && life.isWitnessed && life.incarnation === request.priorIncarnation;
    return {
      isInformed: tenure.isSure(),
      serving: tenure.phase === 'serving' ? tenure.incarnation : 0,
      verdict: isKnown ? (life.state === 'alive' ? 'kept' : 'dead') : 'forgotten',
      estates: map.letters
        .flatMap((owner) => (owner === from ? this.#offersTo(from, request) : this.#offersOf(owner, from)))
        .map((offer) => this.#noted(offer, from)),
      settled: lives.settledWith(from),
      recalls: lives.recalledLife(from),
      // A node that joins itself has nothing to protect: each would wait for the other.
      notBeforeMs: tenure.phase === 'serving' ? Math.ceil(this.#deaths.delayMs(from, clock.monotonic())) : 0,
      highestIncarnation: Math.max(latestLife(state, request.incarnation), life?.incarnation ?? 0),
      dead: members.letters
        .filter((letter) => letter !== from && this.#isConsideredDead(letter))
        .map((letter) => ({ letter, incarnation: this.#deadUpTo(letter) })),
    };
  }

  /** Declared dead by us, if need be before a restart of ours, and not back since. */
  #isConsideredDead(letter: Letter): boolean {
    const state = this.#parts.members.stateOf(letter);
    if (isGone(state)) return true;
    return state.kind !== 'returning' && state.incarnation > 0 && state.incarnation <= this.#deadUpTo(letter);
  }

  /** Whether `candidate`, once it is back, is the one that stands in for this dead owner. */
  #wouldStandIn(candidate: Letter, owner: Letter): boolean {
    const { letter: self, map, members } = this.#parts;
    const state = members.stateOf(owner);
    // One that is just coming back may yet fail to: until it is released, its estate is a dead one's.
    if (!isGone(state.kind === 'returning' ? state.former : state)) return false;
    const isPresent = (letter: Letter): boolean =>
      letter === self || letter === candidate || !isGone(members.stateOf(letter));
    return standInFor(owner, map, isPresent) === candidate;
  }

  /**
   * What we did on behalf of the one that asks, and it may not have taken over. What this process has an account of is newer
   * than any life in which the owner found that we do not run, though we may know of an earlier life only.
   */
  #offersTo(owner: Letter, { settled }: RequestOf<'join'>): readonly OfferedEstate[] {
    return this.#accountsOf(owner).filter(({ account, life }) => account > 0 || life >= settled);
  }

  /** What a stand-in that is about to take our place has to go on from. */
  #offersOf(owner: Letter, candidate: Letter): readonly OfferedEstate[] {
    if (!this.#parts.members.letters.includes(owner) || !this.#wouldStandIn(candidate, owner)) return [];
    const life = this.#parts.lives.of(owner)?.incarnation;
    return this.#accountsOf(owner).filter((offer) => !offer.isClosed && offer.life === life);
  }

  /** An estate that a restart of ours took along, though we had acted on its behalf, is one of which nothing is left. */
  #accountsOf(owner: Letter): readonly OfferedEstate[] {
    const { estates, lives } = this.#parts;
    const known = lives.of(owner);
    const offers = estates.accountsOf(owner).map(({ number: account, estate, isClosed, life }): OfferedEstate => {
      const { gapsBy, isComplete: complete, forgetsUnminted } = estate;
      return { letter: owner, account, life, complete, gapsBy, forgetsUnminted, isClosed };
    });
    const lost = (life: number): OfferedEstate => ({
      ...{ letter: owner, account: 0, life, complete: false, gapsBy: [], forgetsUnminted: true, isClosed: false },
    });
    const isLost = known?.isTouched === true && estates.get(owner) === undefined && !estates.isHandedOver(owner);
    if (isLost) offers.push(lost(known.incarnation));
    // Or of an earlier life, if the owner came back since without us.
    const forgotten = lives.forgottenOf(owner);
    if (forgotten > 0 && forgotten < (known?.incarnation ?? 0)) offers.push(lost(forgotten));
    return offers;
  }

  #noted(offer: OfferedEstate, to: Letter): OfferedEstate {
    this.#handOvers.offered(to, offer);
    return offer;
  }

  async #collect(from: Letter, { letter, account, cursor }: RequestOf<'collect'>): Promise<PeerAnswer> {
    const found = this.#parts.estates.accountsOf(letter).find(({ number }) => number === account);
    if (found === undefined) return { kind: 'entries', entries: [], nextCursor: cursor, more: false };
    this.#extendHold(from);
    const page = await found.estate.page(cursor, ENTRIES_PER_PAGE);
    this.#handOvers.collected(from, account, page.nextCursor);
    return { kind: 'entries', ...page };
  }

  async #hold(from: Letter, { incarnation }: RequestOf<'hold'>): Promise<PeerAnswer> {
    const { clock, estates, members } = this.#parts;
    members.apply(from, { kind: 'held', incarnation }, 'it takes its letter over');
    const state = members.stateOf(from);
    if (state.kind !== 'returning' || state.incarnation !== incarnation) return acknowledged(false);

    this.#waitFor(from, incarnation, clock.monotonic());
    // Whatever had begun on its behalf is in the ledger before it collects the rest.
    await estates.quiet();
    return acknowledged(true);
  }

  #waitFor(from: Letter, incarnation: number, since: number): void {
    const { clock, members } = this.#parts;
    this.#holds.get(from)?.timer.cancel();
    const leftMs = Math.max(0, since + LONGEST_HOLD_MS - clock.monotonic());
    const timer = clock.after(Math.min(HOLD_MS, leftMs), () => {
      this.#holds.delete(from);
      const current = members.stateOf(from);
      if (current.kind !== 'returning' || current.incarnation !== incarnation) return;
      members.apply(from, { kind: 'unheld' }, 'it did not finish taking its letter over');
    });
    this.#holds.set(from, { incarnation, since, timer });
  }

  /** It goes on collecting: a record too long for one hold must not send it back to the beginning each time. */
  #extendHold(from: Letter): void {
    const hold = this.#holds.get(from);
    if (hold !== undefined) this.#waitFor(from, hold.incarnation, hold.since);
  }

  #release(from: Letter, { incarnation }: RequestOf<'release'>): boolean {
    const { detector, estates, lives, members } = this.#parts;
    const before = members.stateOf(from);
    // It asks again, because our answer was lost on the way.
    if (before.kind === 'alive' && before.incarnation === incarnation) return true;
    const handedOver = members.letters.filter((owner) => owner === from || this.#wouldStandIn(from, owner));
    members.apply(from, { kind: 'released', incarnation }, 'it has joined');
    const state = members.stateOf(from);
    if (state.kind !== 'alive' || state.incarnation !== incarnation) return false;
    lives.witness(from, incarnation);
    detector.beginAnew(from);
    this.#holds.get(from)?.timer.cancel();
    this.#holds.delete(from);
    for (const owner of handedOver) {
      // If it is collecting here at this moment, it has to begin again, and to ask the one that has it now.
      if (owner !== from) members.apply(owner, { kind: 'unheld' }, `${from} stands in for it now`);
      if (owner === from) estates.drop(owner);
      else this.#handOver(owner, from);
    }
    this.#handOvers.forget(from);
    return true;
  }

  /** What we closed stays with us until the owner asks for it. */
  #handOver(owner: Letter, to: Letter): void {
    const { estates } = this.#parts;
    const open = estates.accountsOf(owner).find(({ isClosed }) => !isClosed);
    estates.handOver(owner, open !== undefined && this.#handOvers.isWhole(to, open));
  }

  #pause(from: Letter, { incarnation, forMs }: RequestOf<'pause'>): boolean {
    const { clock, members, timings } = this.#parts;
    const until = clock.monotonic() + Math.min(forMs, timings.pauseMs);
    return members.apply(from, { kind: 'paused', incarnation, until }, 'it restarts and asked for patience');
  }
}

function acknowledged(accepted: boolean): PeerAnswer {
  return { kind: 'acknowledged', accepted };
}

/** The latest life that counts against a new one. One that we only hold, and never released, its own node may use again. */
function latestLife(state: MemberState, asking: number): number {
  return state.kind === 'returning' && state.incarnation === asking ? state.former.incarnation : state.incarnation;
}
