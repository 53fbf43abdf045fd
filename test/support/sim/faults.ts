import type { Letter } from '../../../src/session/letter.ts';
import type { Random } from './random.ts';
import type { DiskState } from './sim-disk.ts';
import type { SimMesh } from './sim-mesh.ts';

export interface FaultsOptions {
  readonly mesh: SimMesh;
  readonly random: Random;
  /** On average, between the beginnings of two faults. */
  readonly everyMs: number;
  /** All; or only what befalls the stores; or all but cut links, where somebody else cuts them. */
  readonly choice?: keyof typeof CHOICES;
}

type Kind =
  | ('kill' | 'restart' | 'stop' | 'freeze' | 'cut')
  | ('slowStore' | 'stallStore' | 'breakStore' | 'killStore')
  | ('fillDisk' | 'stallDisk' | 'stepClock');

const KINDS: Readonly<Record<Kind, number>> = {
  kill: 5,
  restart: 1,
  stop: 0.7,
  freeze: 5,
  cut: 4,
  slowStore: 1.5,
  stallStore: 2,
  breakStore: 1.5,
  killStore: 0.7,
  fillDisk: 1,
  stallDisk: 1,
  stepClock: 3,
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How far somebody sets a wall clock. */
const STEPS_MS = [HOUR_MS, -HOUR_MS, 2 * MINUTE_MS, -2 * MINUTE_MS, 24 * HOUR_MS];
/** So often a clock that was set wrong is set right again. */
const SET_RIGHT = 0.4;
/** So often a clock steps about the time when a daemon is restarted. */
const STEPS_OVER_RESTARTS = 0.4;
const SHORTLY_AFTER_MS = 300;

const CHOICES = {
  all: KINDS,
  stores: {
    ...KINDS,
    ...{ kill: 0, restart: 0, stop: 0, freeze: 0, cut: 0, killStore: 0, fillDisk: 0, stallDisk: 0, stepClock: 0 },
  },
  'all but cuts': { ...KINDS, cut: 0 },
} as const;

/**
 * After a way or a node is there again, it takes the others so long to make use of it. Until then it does not count, or
 * two cuts in a row would split the mesh.
 */
const SETTLING_MS = 1500;

/** A daemon is never started again sooner: no Node.js starts faster. */
const QUICKEST_RESTART_MS = 250;

/**
 * Lets a mesh be befallen. What is not promised (docs/guarantees.md#splits) is left out: at no moment do two living nodes
 * neither reach each other nor a third one that reaches both, since that is a split.
 */
export class Faults {
  readonly #mesh: SimMesh;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #kinds: typeof KINDS;
  /** Way => when it was healed; Infinity while it is cut. */
  readonly #healedAt = new Map<string, number>();
  #isStopped = false;
  readonly #ends = new Set<() => void>();

  constructor({ mesh, random, everyMs, choice = 'all' }: FaultsOptions) {
    this.#mesh = mesh;
    this.#random = random;
    this.#everyMs = everyMs;
    this.#kinds = CHOICES[choice];
  }

  /** The first one bites for sure. */
  start(): void {
    this.#kill(this.#random.pick(this.#mesh.letters));
    this.goOn();
  }

  goOn(): void {
    this.#mesh.world.after(this.#random.between(0, 2 * this.#everyMs), () => {
      if (this.#isStopped) return;
      this.#befall();
      this.goOn();
    });
  }

  /** Nothing new, and all that was befallen recovers. */
  stop(): void {
    this.#isStopped = true;
    for (const end of [...this.#ends]) end();
  }

  #befall(): void {
    const kind = this.#random.weighted(this.#kinds);
    const letter = this.#random.pick(this.#mesh.letters);
    const node = this.#mesh.nodeOf(letter);
    if (kind === 'cut') {
      this.#cut(letter);
      return;
    }
    if (node === undefined || node.process.isFrozen) return;
    switch (kind) {
      case 'kill':
        if (this.#staysWhole({ without: letter })) this.#kill(letter);
        return;
      case 'restart':
      case 'stop':
        if (this.#staysWhole({ without: letter })) this.#close(letter, kind);
        return;
      case 'freeze':
        if (this.#staysWhole({ without: letter })) this.#freeze(letter);
        return;
      case 'slowStore':
        this.#mesh.slowStore(letter, this.#random.between(5, 60));
        this.#endIn(this.#random.between(100, 800), () => this.#mesh.slowStore(letter, 0));
        return;
      case 'stallStore':
        this.#mesh.stallStore(letter, this.#random.between(60, 250));
        return;
      case 'breakStore':
        this.#mesh.breakStore(letter);
        return;
      case 'fillDisk':
        this.#hurtDisk(letter, 'full', this.#random.between(100, 3000));
        return;
      case 'stallDisk':
        this.#hurtDisk(letter, 'stalled', this.#random.between(10, 1000));
        return;
      case 'killStore':
        this.#mesh.killStore(letter);
        this.#endIn(this.#random.between(30, 150), () => this.#mesh.reviveStore(letter));
        return;
      case 'stepClock':
        this.#stepClock(letter);
    }
  }

  #hurtDisk(letter: Letter, state: DiskState, forMs: number): void {
    this.#mesh.setDisk(letter, state);
    this.#endIn(forMs, () => this.#mesh.setDisk(letter, 'well'));
  }

  #kill(letter: Letter): void {
    const keepsStore = this.#random.chance(0.75);
    const isDark = this.#random.chance(0.25);
    const downMs = QUICKEST_RESTART_MS + this.#random.between(0, 1) ** 2 * 3000;
    this.#stepClockAbout(letter, downMs);
    this.#mesh.kill(letter, { isDark });
    this.#endIn(downMs, () => this.#mesh.startNode(letter, keepsStore));
  }

  #close(letter: Letter, mode: 'restart' | 'stop'): void {
    const downMs = QUICKEST_RESTART_MS + this.#random.between(0, 1) ** 2 * 4000;
    this.#stepClockAbout(letter, downMs);
    this.#mesh.close(letter, mode);
    this.#endIn(downMs, () => this.#mesh.startNode(letter, mode === 'restart'));
  }

  /** Shortly before a daemon ends, while it is away, or shortly after the next one begins. */
  #stepClockAbout(letter: Letter, downMs: number): void {
    if (!this.#random.chance(STEPS_OVER_RESTARTS)) return;
    const when = this.#random.pick(['before', 'amid', 'after'] as const);
    this.#mesh.count(`clock steps ${when} a restart`);
    if (when === 'before') this.#stepClock(letter);
    else {
      const inMs =
        when === 'amid' ? this.#random.between(0, downMs) : downMs + this.#random.between(0, SHORTLY_AFTER_MS);
      this.#mesh.world.after(inMs, () => this.#stepClock(letter));
    }
  }

  #stepClock(letter: Letter): void {
    const aheadMs = this.#mesh.clockAheadMs(letter);
    const isSetRight = aheadMs !== 0 && this.#random.chance(SET_RIGHT);
    this.#mesh.stepClock(letter, isSetRight ? -aheadMs : this.#random.pick(STEPS_MS));
  }

  #freeze(letter: Letter): void {
    this.#mesh.freeze(letter);
    // Around the fence and the patience of the others is where it matters most.
    const forMs = this.#random.chance(0.6) ? this.#random.between(80, 700) : this.#random.between(700, 3000);
    this.#endIn(forMs, () => this.#mesh.resume(letter));
  }

  #cut(from: Letter): void {
    const to = this.#random.pick(this.#mesh.letters.filter((letter) => letter !== from));
    if (this.#healedAt.get(from + to) === Infinity || this.#healedAt.get(to + from) === Infinity) return;
    if (!this.#staysWhole({ cut: [from, to] })) return;
    const ways: [Letter, Letter][] = this.#random.chance(0.5)
      ? [[from, to]]
      : [
          [from, to],
          [to, from],
        ];
    for (const [one, other] of ways) {
      this.#healedAt.set(one + other, Infinity);
      this.#mesh.cut(one, other);
    }
    this.#endIn(this.#random.between(50, 2500), () => {
      for (const [one, other] of ways) {
        this.#healedAt.set(one + other, this.#mesh.world.now);
        this.#mesh.heal(one, other);
      }
    });
  }

  #endIn(ms: number, end: () => void): void {
    const once = (): void => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#mesh.world.after(ms, once);
  }

  /** Whether any two nodes would still reach each other, or both a third one; those that are dead will come back. */
  #staysWhole({ without, cut }: { without?: Letter; cut?: readonly [Letter, Letter] }): boolean {
    const mesh = this.#mesh;
    const isOpen = (one: Letter, other: Letter): boolean =>
      this.#isOpen(one, other) && !(cut?.includes(one) === true && cut.includes(other));
    const relays = mesh.letters.filter(
      (letter) => letter !== without && mesh.nodeOf(letter)?.process.isFrozen === false,
    );
    return mesh.letters.every((one) =>
      mesh.letters.every(
        (other) =>
          one === other ||
          isOpen(one, other) ||
          relays.some(
            (relay) =>
              relay !== one &&
              relay !== other &&
              isOpen(one, relay) &&
              isOpen(relay, other) &&
              this.#knowEachOther(one, relay) &&
              this.#knowEachOther(relay, other),
          ),
      ),
    );
  }

  #isOpen(one: Letter, other: Letter): boolean {
    const settledAt = this.#mesh.world.now - SETTLING_MS;
    return [one + other, other + one].every((way) => (this.#healedAt.get(way) ?? -Infinity) <= settledAt);
  }

  #knowEachOther(one: Letter, other: Letter): boolean {
    return [
      [one, other],
      [other, one],
    ].every(([self, peer]) => {
      if (self === undefined || peer === undefined) return false;
      const node = this.#mesh.nodeOf(self);
      if (node === undefined || this.#mesh.nodeOf(peer) === undefined) return true;
      return node.tenure.phase === 'serving' && node.isLinkedTo(peer) && node.members.stateOf(peer).kind === 'alive';
    });
  }
}
