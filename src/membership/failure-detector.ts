import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import { MagliaError, type HandshakeRefusal } from '../errors.ts';
import type { Evidence, PeerAnswer } from '../mesh/message.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import { Jury } from './jury.ts';
import type { Lives } from './lives.ts';
import { isGone, type Members } from './members.ts';
import type { PeerLinks } from './peer-link.ts';
import { answered, heard, isDeadly, isQuiet, listened, NO_SILENCE, patient, type Silence } from './silence.ts';
import type { Tenure } from './tenure.ts';

export interface FailureDetectorParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly members: Members;
  readonly links: PeerLinks;
  readonly lives: Pick<Lives, 'untakenOf'>;
  readonly tenure: Tenure;
  readonly timings: TimingsConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'observe'>;
  /** The peer told us that it considers us dead. */
  readonly onJudged: (by: Letter) => void;
}

interface Watch {
  silence: Silence;
  pingedAt: number;
  /** When the latest ping was sent to which it answered, serving, that it does not consider our life dead. */
  sparedAt: number;
  /** The link was lost and a new dial refused, and nothing was heard since. */
  isRefused: boolean;
  /** Why it answered our last complete dial by refusing to talk to us: another secret, another map. */
  rejection: HandshakeRefusal | undefined;
  /** When it last answered a ping, it considered our life dead; its port has not refused us since. */
  hasJudgedUs: boolean;
  /** When the latest ping was sent to which it answered that it considers our life alive. */
  confirmedAt: number;
  /** `upheld`: all who can be asked agree, but we are joining, and only a node that serves acts on a death. */
  accusation: 'none' | 'under-way' | 'upheld';
}

/** The loop is looked at this many times per ping interval. */
const LOOKS_PER_PING = 2;

/**
 * Watches the peers: pings them, suspects those that fall silent, and has them declared dead. Suspecting is ours alone;
 * declaring dead takes hard evidence or a long silence, and that no other node still sees the peer
 * (docs/guarantees.md#rule-1).
 */
export class FailureDetector {
  readonly #parts: FailureDetectorParts;
  readonly #jury: Jury;
  readonly #lookMs: number;
  readonly #watches: ReadonlyMap<Letter, Watch>;
  #lookedAt: number;
  #timer: Timer | undefined;

  constructor(parts: FailureDetectorParts) {
    this.#parts = parts;
    const { clock, links, map, timings } = parts;
    this.#jury = new Jury({
      ...{ clock, links, map, timings },
      canVote: (letter) => this.#canVote(letter),
      onDenied: (accused, heardAgoMs) => {
        const watch = this.#watch(accused);
        watch.silence = heard(watch.silence, heardAgoMs);
      },
      onFailed: (error) => this.#expected(error),
    });
    this.#lookMs = parts.timings.pingMs / LOOKS_PER_PING;
    this.#lookedAt = parts.clock.monotonic();
    this.#watches = new Map(
      parts.members.letters.map((letter) => [
        letter,
        {
          silence: NO_SILENCE,
          pingedAt: Number.NEGATIVE_INFINITY,
          sparedAt: Number.NEGATIVE_INFINITY,
          isRefused: false,
          rejection: undefined,
          hasJudgedUs: false,
          confirmedAt: Number.NEGATIVE_INFINITY,
          accusation: 'none',
        },
      ]),
    );
  }

  start(): void {
    this.#lookedAt = this.#parts.clock.monotonic();
    this.#lookLater();
  }

  close(): void {
    this.#timer?.cancel();
  }

  silenceOf(letter: Letter): Silence {
    return this.#watch(letter).silence;
  }

  /** Whether the peer's port refused us, and nothing was heard from it since. */
  isRefusing(letter: Letter): boolean {
    return this.#watch(letter).isRefused;
  }

  /** Why the peer, when it was last reached, refused to talk to us; undefined where it did not. */
  rejectionBy(letter: Letter): HandshakeRefusal | undefined {
    return this.#watch(letter).rejection;
  }

  /** Whether the peer told us that it considers us dead, and is not surely gone since. */
  hasJudgedUs(letter: Letter): boolean {
    return this.#watch(letter).hasJudgedUs;
  }

  /** Monotonic: up to then every peer surely considered us alive, so that none can have stood in for us. */
  confirmedByAllAt(): number {
    return Math.min(...[...this.#watches.values()].map(({ confirmedAt }) => confirmedAt));
  }

  /** Whether the peer would be declared dead if we served. */
  isAsGoodAsDead(letter: Letter): boolean {
    return this.#watch(letter).accusation === 'upheld';
  }

  /** Pings every peer now, whatever the interval says. */
  pingAll(): void {
    for (const letter of this.#parts.members.letters) this.#ping(letter, this.#watch(letter));
  }

  /** The peer called us, in the life that we consider its present one; a later one that called us listens by now. */
  heardFrom(letter: Letter, incarnation: number): void {
    const watch = this.#watch(letter);
    const { incarnation: known } = this.#parts.members.stateOf(letter);
    if (incarnation > known) watch.isRefused = false;
    if (known !== 0 && incarnation !== known) return;
    watch.silence = heard(watch.silence);
    watch.isRefused = false;
  }

  /** A new life of it has joined: what was held against the former one is over. */
  beginAnew(letter: Letter): void {
    const watch = this.#watch(letter);
    watch.silence = NO_SILENCE;
    watch.isRefused = false;
  }

  /** The link that we dialled was lost. */
  linkLost(letter: Letter): void {
    this.#doubt(letter, 'its connection was lost');
  }

  /** The link stands. */
  linkUp(letter: Letter): void {
    const watch = this.#watch(letter);
    watch.isRefused = false;
    watch.rejection = undefined;
    this.#ping(letter, watch);
  }

  /** The peer's port refused a new connection: with the old one lost, hard evidence. */
  dialRefused(letter: Letter): void {
    const watch = this.#watch(letter);
    watch.isRefused = true;
    watch.rejection = undefined;
    watch.hasJudgedUs = false;
    this.#judge(letter, watch);
  }

  /** The peer is there and will not talk to us, or we not to it. */
  dialRejected(letter: Letter, refusal: HandshakeRefusal): void {
    this.#watch(letter).rejection = refusal;
  }

  #lookLater(): void {
    this.#timer = this.#parts.clock.after(this.#lookMs, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const { clock, members, metrics, tenure, timings } = this.#parts;
    const now = clock.monotonic();
    const elapsedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    const lateMs = Math.max(0, elapsedMs - this.#lookMs);
    metrics.observe('loopLateSeconds', {}, lateMs / 1000);
    tenure.wasStopped(lateMs);

    for (const letter of members.letters) {
      const watch = this.#watch(letter);
      watch.silence = listened(watch.silence, elapsedMs, this.#lookMs);
      if (now - watch.pingedAt >= timings.pingMs) this.#ping(letter, watch);
      if (isQuiet(watch.silence, timings)) this.#doubt(letter, `it has not answered for ${timings.suspectAfterMs} ms`);
      this.#judge(letter, watch);
    }
  }

  #ping(letter: Letter, watch: Watch): void {
    const { clock, links, tenure, timings } = this.#parts;
    const link = links(letter);
    if (link.state.kind !== 'up') return;
    const sentAt = clock.monotonic();
    watch.pingedAt = sentAt;
    const { incarnation } = tenure;
    link.request({ kind: 'ping', incarnation }, sentAt + timings.suspectAfterMs).then(
      (answer) => this.#pinged(letter, watch, answer, incarnation, sentAt),
      // A lost ping is what the silence counts; a lost link reports itself.
      (error: unknown) => this.#expected(error),
    );
  }

  #pinged(letter: Letter, watch: Watch, answer: PeerAnswer, incarnation: number, sentAt: number): void {
    if (answer.kind !== 'pong') return;
    const { lives, members, tenure } = this.#parts;
    watch.hasJudgedUs = answer.verdict === 'dead';
    if (answer.verdict === 'dead') this.#parts.onJudged(letter);
    if (answer.verdict === 'alive') {
      watch.sparedAt = sentAt;
      watch.confirmedAt = sentAt;
      tenure.confirm(incarnation, sentAt);
    } else if (answer.verdict === 'dead' && incarnation === tenure.incarnation) {
      tenure.lose(`${letter} considers this life dead`);
    } else if (answer.phase === 'serving' && incarnation === tenure.incarnation) {
      watch.sparedAt = sentAt;
      this.#confirmTogether();
    }
    const { incarnation: known } = members.stateOf(letter);
    if (known === 0 || answer.incarnation === known) {
      watch.silence = answered();
      watch.isRefused = false;
    }
    if (answer.phase !== 'serving') return;
    const state = members.stateOf(letter);
    const isLater = answer.incarnation > state.incarnation;
    const isOwed = lives.untakenOf(letter) > 0;
    // It came back and had no need to ask us: so we are the one that was considered dead, and nobody could tell us.
    if (isLater && (isGone(state) || isOwed)) tenure.lose(`${letter} has joined in a later life without us`);
    // Whether it has to take over what was done here on its behalf is found out by joining.
    if (isOwed && (isLater || state.kind === 'returning')) return;
    const mayReturn = tenure.phase === 'joining';
    const isNews = members.apply(
      letter,
      { kind: 'answered', incarnation: answer.incarnation, mayReturn },
      'it answers',
    );
    if (isNews) watch.silence = answered();
  }

  /** Where no peer is sure of itself, what they say together counts. */
  #confirmTogether(): void {
    const { clock, members, tenure } = this.#parts;
    if (tenure.isSure()) return;
    const sentAt = Math.min(...members.present().map((letter) => this.#watch(letter).sparedAt));
    const goneFor = members.letters
      .filter((letter) => isGone(members.stateOf(letter)))
      .map((letter) => members.view(letter).sinceMs);
    tenure.confirmTogether(
      tenure.incarnation,
      sentAt,
      clock.monotonic() - Math.min(Number.POSITIVE_INFINITY, ...goneFor),
    );
  }

  #doubt(letter: Letter, why: string): void {
    const { links, members } = this.#parts;
    const wasAlive = members.stateOf(letter).kind === 'alive';
    members.apply(letter, { kind: 'doubted' }, why);
    // What is in flight to a silent peer fails now, while there is still time to ask again elsewhere.
    if (wasAlive) links(letter).drop(why);
  }

  #judge(letter: Letter, watch: Watch): void {
    const { clock, members, tenure, timings } = this.#parts;
    const state = members.stateOf(letter);
    const isSilent = isDeadly(watch.silence, members.isAnyPaused() ? patient(timings) : timings);
    const isGuilty = watch.isRefused || isSilent;
    if (watch.accusation === 'upheld' && (tenure.phase !== 'joining' || !isGuilty)) watch.accusation = 'none';
    if (state.kind === 'alive' && watch.isRefused) this.#doubt(letter, 'its port refuses connections');
    if (state.kind !== 'suspect' || watch.accusation !== 'none' || clock.monotonic() < state.pausedUntil) return;
    if (watch.isRefused) this.#accuse(letter, watch, 'refused');
    else if (isSilent) this.#accuse(letter, watch, 'silence');
  }

  #accuse(letter: Letter, watch: Watch, evidence: Evidence): void {
    watch.accusation = 'under-way';
    const { incarnation } = this.#parts.members.stateOf(letter);
    const isJoining = this.#parts.tenure.phase === 'joining';
    const verdict = isJoining
      ? this.#jury.wouldConvict(letter, incarnation, evidence)
      : this.#jury.convicts(letter, incarnation, evidence);
    verdict
      .then((isConvicted) => {
        const stillSuspect = this.#parts.members.stateOf(letter).kind === 'suspect';
        const stillGuilty = evidence === 'silence' || watch.isRefused;
        if (!isConvicted || !stillSuspect || !stillGuilty) return;
        if (isJoining) {
          watch.accusation = 'upheld';
          return;
        }
        const silent = watch.rejection !== undefined ? 'it does not talk to us any more' : 'nobody has heard from it';
        const why = evidence === 'refused' ? 'its port refuses connections' : silent;
        this.#parts.members.apply(letter, { kind: 'convicted', incarnation }, why);
      })
      .finally(() => {
        if (watch.accusation === 'under-way') watch.accusation = 'none';
      })
      .catch((error: unknown) => this.#expected(error));
  }

  /** Two that fall silent together must not protect each other. */
  #canVote(letter: Letter): boolean {
    const { members, timings } = this.#parts;
    if (!members.letters.includes(letter) || isGone(members.stateOf(letter))) return false;
    const { isRefused, silence } = this.#watch(letter);
    return !isRefused && !isDeadly(silence, timings);
  }

  #expected(error: unknown): void {
    if (!(error instanceof MagliaError)) this.#parts.log.error({ err: error }, 'the failure detector failed');
  }

  #watch(letter: Letter): Watch {
    const watch = this.#watches.get(letter);
    if (watch === undefined) throw new RangeError(`${letter} is not a peer of this node`);
    return watch;
  }
}
