import type { Random } from './random.ts';
import type { World } from './world.ts';

/** The epoch at which the simulated world begins. */
const EPOCH = 1_700_000_000_000;

/** What a machine takes the time for. It outlives the daemons; the monotonic one begins anew when the machine does. */
export class SimMachineClock {
  readonly #world: World;
  readonly #random: Random;
  readonly #skewMs: number;
  #aheadMs = 0;
  #monotonicAtStart: number;
  #boots = 1;

  /** @param skewMs how wrong the wall clock is when nobody has set it */
  constructor(world: World, random: Random, skewMs: number) {
    this.#world = world;
    this.#random = random;
    this.#skewMs = skewMs;
    this.#monotonicAtStart = this.#drawStart();
  }

  /** Names the machine's life. */
  get bootId(): string {
    return `boot-${this.#boots}`;
  }

  /** What was set, all in all. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  now(): number {
    return Math.floor(EPOCH + this.#skewMs + this.#aheadMs + this.#world.now);
  }

  monotonic(): number {
    return this.#monotonicAtStart + this.#world.now;
  }

  /** Somebody sets the wall clock. */
  step(ms: number): void {
    this.#aheadMs += ms;
  }

  reboot(): void {
    this.#boots += 1;
    this.#monotonicAtStart = this.#drawStart();
  }

  #drawStart(): number {
    return this.#random.between(0, 1_000_000);
  }
}
