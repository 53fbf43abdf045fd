import type { Clock, Timer } from '../../../src/clock.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** A timer that fell due, or something that came in from outside. */
export type Cause = 'timer' | 'input';

interface Pending {
  readonly cause: Cause;
  readonly run: () => void;
}

type ProcessState = 'running' | 'frozen' | 'catching-up' | 'dead';

/** Between two things that a process does after a stop, so that each sees what the one before has brought about. */
const CATCH_UP_MS = 0.02;

/**
 * One life of a daemon's process. While it is frozen its timers and its input pile up; when it goes on it finds its clock
 * advanced and works off the pile. Once it is dead nothing runs in it any more.
 */
export class SimProcess {
  readonly clock: Clock;
  readonly #world: World;
  readonly #random: Random;
  readonly #onDeath: (() => void)[] = [];
  #state: ProcessState = 'running';
  #backlog: Pending[] = [];
  /** World time of the latest stop; undefined while it never was. */
  #stoppedAt: number | undefined;
  #resumedAt = 0;

  constructor(world: World, random: Random, machine: Pick<Clock, 'now' | 'monotonic'>) {
    this.#world = world;
    this.#random = random;
    this.clock = {
      now: () => machine.now(),
      monotonic: () => machine.monotonic(),
      after: (delayMs, fire) => this.#after(delayMs, fire),
    };
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  /** Whether it was stopped at any moment since then (world time). */
  wasFrozenSince(at: number): boolean {
    return this.#stoppedAt !== undefined && (this.#state === 'frozen' || this.#resumedAt >= at);
  }

  deliver(cause: Cause, run: () => void): void {
    if (this.#state === 'dead') return;
    if (this.#state === 'running') run();
    else this.#backlog.push({ cause, run });
  }

  onDeath(callback: () => void): void {
    this.#onDeath.push(callback);
  }

  freeze(): void {
    if (this.#state === 'dead' || this.#state === 'frozen') return;
    this.#state = 'frozen';
    this.#stoppedAt = this.#world.now;
  }

  resume(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'catching-up';
    this.#resumedAt = this.#world.now;
    // Whether a loop comes to its timers or to its input first depends on where it was stopped.
    const first: Cause = this.#random.chance(0.5) ? 'timer' : 'input';
    this.#backlog = [
      ...this.#backlog.filter(({ cause }) => cause === first),
      ...this.#backlog.filter(({ cause }) => cause !== first),
    ];
    this.#catchUp();
  }

  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#backlog = [];
    for (const callback of this.#onDeath) callback();
  }

  #after(delayMs: number, fire: () => void): Timer {
    let isCancelled = false;
    const timer = this.#world.after(delayMs, () =>
      this.deliver('timer', () => {
        if (!isCancelled) fire();
      }),
    );
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  #catchUp(): void {
    if (this.#state !== 'catching-up') return;
    const next = this.#backlog.shift();
    if (next === undefined) {
      this.#state = 'running';
      return;
    }
    next.run();
    this.#world.after(CATCH_UP_MS, () => this.#catchUp());
  }
}
