import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';
import { isNobodyThere } from './dial-memcached.ts';
import { MemcachedConnection } from './memcached-connection.ts';
import type { StoreDescription } from './store.ts';

/** From one answer to the next question. */
const REST_MS = 1_000;
/** An answer that took longer shows that memcached lives, and not that it is of use. */
const IN_TIME_MS = 1_000;
/** So long a question stays open, since one that swaps answers late. */
const QUESTION_MS = 10_000;
const RETRY_MS = 100;
/** So many questions in a row that came to nothing are followed by longer rests. */
const PATIENT_TRIES = 3;
/** So many dials in a row that find nobody show that nobody comes back to that address. */
const UNREACHABLE_AFTER = 3;

export type MemcachedHealth = 'up' | 'down';

export interface MemcachedKeeperOptions {
  /** What is known of it already. */
  readonly health: MemcachedHealth;
  /** Called silent when it has answered nothing for so long. */
  readonly silentAfterMs: number;
  readonly dial: () => Duplex;
  readonly clock: Clock;
  /** The connection that stays open between questions was closed: it may have died just now. */
  readonly onClosed: () => void;
  /** Nobody listens at its address; called again for as long as that goes on. */
  readonly onUnreachable: () => void;
  /** It has begun to answer nothing, which may pass. */
  readonly onQuiet: () => void;
  /** It answers again. */
  readonly onHeard: (quietMs: number) => void;
  /** It has answered nothing for `silentAfterMs`, or a multiple of it. */
  readonly onSilent: (silentMs: number) => void;
}

interface Question {
  readonly askedAt: number;
  foundNobody: boolean;
}

/**
 * Asks one memcached over and over whether it answers, each time over a new connection, as a store would that has lost
 * its own. The last one stays open: it closes the moment memcached dies.
 */
export class MemcachedKeeper {
  readonly #options: MemcachedKeeperOptions;
  readonly #silence: Silence;
  #health: MemcachedHealth;
  #work: 'none' | 'asking' | 'resting' | 'stopped' = 'none';
  #tether: MemcachedConnection | undefined;
  #asking: MemcachedConnection | undefined;
  #rest: Timer | undefined;
  #failures = 0;
  #foundNobody = 0;
  #quietSince: number | undefined;
  #silentAtMs: number;

  constructor(options: MemcachedKeeperOptions) {
    this.#options = options;
    this.#health = options.health;
    this.#silentAtMs = options.silentAfterMs;
    this.#silence = new Silence({ clock: options.clock, onLook: (silentMs) => this.#heardNothing(silentMs) });
  }

  get health(): MemcachedHealth {
    return this.#health;
  }

  describe(): Pick<StoreDescription, 'state' | 'why'> {
    const seconds = Math.floor(this.#silence.ms / 1000);
    if (this.#health === 'up' || seconds === 0) return { state: this.#health };
    return { state: 'down', why: `Memcached has not answered for ${seconds} s` };
  }

  start(): void {
    if (this.#work === 'none') this.#ask();
  }

  stop(): void {
    this.#work = 'stopped';
    this.#rest?.cancel();
    this.#silence.end();
    void this.#tether?.finish();
    void this.#asking?.finish();
  }

  #ask(): void {
    const { dial, clock } = this.#options;
    this.#work = 'asking';
    this.#silence.begin();
    const question: Question = { askedAt: clock.monotonic(), foundNobody: false };
    const connection = new MemcachedConnection({
      dial: () => dial().once('error', (error) => (question.foundNobody = isNobodyThere(error))),
      clock,
      deadlineMs: QUESTION_MS,
      predecessor: Promise.resolve(),
      onReady: () => this.#answered(connection, question),
      onUnusable: () => this.#lost(connection, question),
    });
    this.#asking = connection;
  }

  #answered(connection: MemcachedConnection, { askedAt }: Question): void {
    if (this.#work === 'stopped') return;
    void this.#tether?.finish();
    this.#tether = connection;
    this.#asking = undefined;
    this.#silence.end();
    this.#failures = 0;
    this.#foundNobody = 0;
    this.#silentAtMs = this.#options.silentAfterMs;
    const isInTime = this.#options.clock.monotonic() - askedAt <= IN_TIME_MS;
    if (isInTime) this.#isUp();
    this.#restFor(isInTime ? REST_MS : RETRY_MS);
  }

  #isUp(): void {
    this.#health = 'up';
    if (this.#quietSince === undefined) return;
    const quietMs = this.#options.clock.monotonic() - this.#quietSince;
    this.#quietSince = undefined;
    this.#options.onHeard(quietMs);
  }

  #lost(connection: MemcachedConnection, question: Question): void {
    if (this.#work === 'stopped') return;
    this.#health = 'down';
    if (connection === this.#tether) this.#tetherLost();
    else this.#unanswered(question);
  }

  #tetherLost(): void {
    this.#tether = undefined;
    this.#options.onClosed();
    if (this.#work !== 'resting') return;
    this.#rest?.cancel();
    this.#ask();
  }

  #unanswered({ foundNobody }: Question): void {
    this.#asking = undefined;
    this.#failures += 1;
    this.#foundNobody = foundNobody ? this.#foundNobody + 1 : 0;
    this.#restFor(this.#failures < PATIENT_TRIES ? RETRY_MS : REST_MS);
    if (foundNobody && this.#foundNobody % UNREACHABLE_AFTER === 0) this.#options.onUnreachable();
  }

  #heardNothing(silentMs: number): void {
    const { clock, onQuiet, onSilent, silentAfterMs } = this.#options;
    this.#health = 'down';
    if (this.#quietSince === undefined) {
      this.#quietSince = clock.monotonic() - silentMs;
      onQuiet();
    }
    if (silentMs < this.#silentAtMs) return;
    this.#silentAtMs += silentAfterMs;
    onSilent(silentMs);
  }

  #restFor(ms: number): void {
    this.#work = 'resting';
    this.#rest = this.#options.clock.after(ms, () => this.#ask());
  }
}

/** From one look to the next. */
const LOOK_MS = 1_000;
/** A look that comes later was held up: this process stood still, and as a rule the whole machine with it. */
const LONGEST_LOOK_MS = 2_000;

export interface SilenceOptions {
  readonly clock: Clock;
  /** About once a second while it lasts; not before it has lasted for one. */
  readonly onLook: (silentMs: number) => void;
}

/**
 * For how long somebody who was asked has answered nothing. Only time in which this process could have heard an answer
 * counts: after a pause of the whole machine nobody has been silent for longer than we have.
 */
class Silence {
  readonly #options: SilenceOptions;
  #countedMs = 0;
  #countedAt = 0;
  #timer: Timer | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** 0 where there is none. */
  get ms(): number {
    if (this.#timer === undefined) return 0;
    const sinceMs = this.#options.clock.monotonic() - this.#countedAt;
    return this.#countedMs + Math.min(sinceMs, LONGEST_LOOK_MS);
  }

  /** Something was asked. One that lasts goes on. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#countedMs = 0;
    this.#countedAt = this.#options.clock.monotonic();
    this.#lookLater();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookLater(): void {
    // When this process was late, an answer may have arrived: it is read first.
    const timer = this.#options.clock.after(LOOK_MS, () => setImmediate(() => this.#look(timer)));
    this.#timer = timer;
  }

  #look(timer: Timer): void {
    if (this.#timer !== timer) return;
    this.#countedMs = this.ms;
    this.#countedAt = this.#options.clock.monotonic();
    this.#lookLater();
    this.#options.onLook(this.#countedMs);
  }
}
