import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import type { Config } from '../../../src/config/config.ts';
import { isLetter, LetterMap, type Letter } from '../../../src/session/letter.ts';
import { Random } from './random.ts';
import { SimDisk, type DiskState } from './sim-disk.ts';
import { addressOf, SimNetwork } from './sim-network.ts';
import { SimNode, type SimNodeWatcher } from './sim-node.ts';
import { SimMachineClock } from './sim-machine-clock.ts';
import { SimProcess } from './sim-process.ts';
import { SimMemcached } from './sim-store.ts';
import { Visitors } from './visitors.ts';
import { World } from './world.ts';

export type SimConfig = Pick<Config, 'timings' | 'session' | 'limits'>;

export interface SimMeshOptions {
  readonly seed: number;
  readonly size: number;
  readonly limits?: Partial<Config['limits']>;
  readonly session?: Partial<Config['session']>;
  /** Between two things that one visitor does. */
  readonly idleMs?: number;
  /** Whether some visitors go on under the id that they have, whatever they are told of it. */
  readonly doGoOn?: boolean;
  /** Whether some visitors come with ids that nobody minted. */
  readonly doMakeUp?: boolean;
  /** Told of everything that happens, for a person who follows one run. */
  readonly trace?: (line: string) => void;
}

/** The machine under a daemon: what outlives it. */
interface Machine {
  readonly memcached: SimMemcached;
  readonly disk: SimDisk;
  readonly runtimeDirectory: string;
  readonly clock: SimMachineClock;
  /** Whether it lost its power when its daemon ended. */
  isDark: boolean;
  node: SimNode | undefined;
}

/** As in `config/options.ts`. */
const CONFIG: SimConfig = {
  timings: {
    pingMs: 50,
    suspectAfterMs: 150,
    deadAfterMs: 400,
    operationMs: 250,
    hardCapMs: 500,
    storeMs: 100,
    dialMs: 500,
    joinPatienceMs: 5000,
    pauseMs: 3000,
  },
  session: {
    ttlSeconds: 1440,
    maxTtlSeconds: 31_536_000,
    maxBytes: 1_048_576,
    tombstoneSeconds: 60,
    rotateGraceSeconds: 5,
    lockSeconds: 30,
  },
  limits: {
    inFlightPerLink: 256,
    meshCallers: 256,
    queuePerSession: 64,
    ledgerEntries: 100_000,
    shelfMegabytes: 64,
    recalledSessions: 50_000,
    clients: 10_000,
    httpClients: 10_000,
    clientRequests: 64,
    clientLocks: 64,
    locks: 20_000,
    clientBytes: 1_048_576,
    clientMegabytes: 256,
    clientIdleSeconds: 0,
    clientStallSeconds: 30,
  },
};

const LETTERS = ['a', 'b', 'c', 'd', 'e'].filter(isLetter);

/** Of pino. */
const ERROR_LEVEL = 50;
const OF_DISKS = /^lives\.json (cannot be|has not been) written/;

/** Longer than any visitor waits. */
const ANSWERED_WITHIN_MS = 1100;

/** How wrong the machines' clocks may be, to either side. */
const SKEW_MS = 3000;

/** A whole mesh in one process: real daemons' parts on simulated machines, wires and stores. A seed decides everything. */
export class SimMesh {
  readonly config: SimConfig;
  readonly letters: readonly Letter[];
  readonly world = new World();
  readonly network: SimNetwork;
  readonly visitors: Visitors;
  readonly hurtAt = new Map<Letter, number>();
  readonly absences: { readonly node: Letter; readonly from: number; to: number }[] = [];
  readonly unrest: number[] = [];
  /** When a node dropped all it had. */
  readonly wipedAt: { readonly node: Letter; readonly at: number }[] = [];
  /** When a node began to serve. */
  readonly servedAt: { readonly node: Letter; readonly at: number }[] = [];
  /** Of each join that came to its end: how many lives it took. */
  readonly joins: { readonly node: Letter; readonly lives: number }[] = [];
  readonly errors: unknown[] = [];
  /** What came about, and how often: a run in which nothing did proves nothing. */
  readonly tally = new Map<string, number>();
  readonly #random: Random;
  readonly #directory = mkdtempSync(join(tmpdir(), 'maglia-sim-'));
  readonly #machines: ReadonlyMap<Letter, Machine>;
  readonly #map: LetterMap;
  /** Lives that each node has taken since it last served. */
  readonly #livesTaken = new Map<Letter, number>();
  readonly #trace: (line: string) => void;
  readonly #log: Logger;

  constructor({ seed, size, limits, session, idleMs = 40, doGoOn = false, doMakeUp = false, trace }: SimMeshOptions) {
    this.config = {
      ...CONFIG,
      limits: { ...CONFIG.limits, ...limits },
      session: { ...CONFIG.session, ...session },
    };
    this.letters = LETTERS.slice(0, size);
    this.#random = new Random(seed);
    this.#trace = (line) => trace?.(`${this.world.now.toFixed(2).padStart(9)} ${line}`);
    this.#log = pino({ level: trace === undefined ? 'error' : 'info' }, { write: (line) => this.#traceLog(line) });
    this.#map = new LetterMap(new Map(this.letters.map((letter) => [letter, { host: addressOf(letter), port: 7421 }])));
    this.network = new SimNetwork(this.world, new Random(this.#random.below(2 ** 31)), (what) => this.count(what));
    this.#machines = new Map(
      this.letters.map((letter) => [
        letter,
        {
          memcached: new SimMemcached(this.world),
          disk: new SimDisk(),
          runtimeDirectory: join(this.#directory, letter),
          clock: new SimMachineClock(this.world, this.#random, this.#random.between(-SKEW_MS, SKEW_MS)),
          isDark: false,
          node: undefined,
        },
      ]),
    );
    this.visitors = new Visitors({
      world: this.world,
      random: new Random(this.#random.below(2 ** 31)),
      letters: this.letters,
      nodeOf: (letter) => this.nodeOf(letter),
      ...{ idleMs, doGoOn, doMakeUp },
    });
  }

  /** The daemon that runs there; undefined where none does. */
  nodeOf(letter: Letter): SimNode | undefined {
    return this.#machine(letter).node;
  }

  /** @throws RangeError where none runs */
  node(letter: Letter): SimNode {
    const node = this.nodeOf(letter);
    if (node === undefined) throw new RangeError(`no daemon runs at ${letter}`);
    return node;
  }

  /** Starts a daemon on every machine and waits until all serve. */
  async start(): Promise<void> {
    for (const letter of this.letters) this.startNode(letter, false);
    if (!(await this.converges(3000))) throw new RangeError('the mesh did not come up');
  }

  startNode(letter: Letter, isStoreKept: boolean): void {
    const machine = this.#machine(letter);
    if (machine.node !== undefined) this.#end(letter, machine.node);
    this.network.powerOn(letter);
    const absence = this.absences.findLast(({ node }) => node === letter);
    if (absence !== undefined) absence.to = this.world.now;
    // A Memcached that is still there says that the machine was without its network only.
    if (machine.isDark && !isStoreKept) machine.clock.reboot();
    machine.isDark = false;
    const process = new SimProcess(this.world, this.#random, machine.clock);
    machine.memcached.isDown = false;
    if (!isStoreKept) machine.memcached.clear();
    machine.node = new SimNode({
      ...{ letter, map: this.#map, config: this.config, network: this.network, process, isStoreKept },
      ...{ memcached: machine.memcached, disk: machine.disk },
      ...{ runtimeDirectory: machine.runtimeDirectory, bootId: machine.clock.bootId },
      log: this.#log.child({ node: letter }),
      watcher: this.#watcher,
    });
    process.onDeath(() => (machine.node = undefined));
    this.happened(`start${isStoreKept ? ' kept' : ''}`, letter);
    machine.node.start();
  }

  kill(letter: Letter, { isDark = false } = {}): void {
    const machine = this.#machine(letter);
    const { node } = machine;
    if (node === undefined) return;
    this.#hurt(letter, isDark ? 'power off' : 'kill');
    machine.isDark = isDark;
    if (isDark) this.network.powerOff(letter);
    this.#end(letter, node);
  }

  /** Ends in good order: for good, with its memcached; or so that the next daemon takes the memcached over. */
  close(letter: Letter, mode: 'stop' | 'restart'): void {
    const { node } = this.#machine(letter);
    if (node === undefined) return;
    this.#hurt(letter, mode);
    node.farewell(mode).then(
      () => this.#end(letter, node),
      (error: unknown) => this.errors.push(error),
    );
  }

  freeze(letter: Letter): void {
    this.#hurt(letter, 'freeze');
    this.nodeOf(letter)?.process.freeze();
  }

  resume(letter: Letter): void {
    this.happened('resume', letter);
    this.nodeOf(letter)?.process.resume();
  }

  /** What a disk is from now on: `full` and `stalled` ones let nothing be written. */
  setDisk(letter: Letter, state: DiskState): void {
    if (state === 'well') this.happened('disk well', letter);
    else this.#hurt(letter, `disk ${state}`);
    this.#machine(letter).disk.state = state;
  }

  cut(from: Letter, to: Letter): void {
    this.happened(`cut to ${to}`, from);
    this.network.cut(from, to);
  }

  heal(from: Letter, to: Letter): void {
    this.happened(`heal to ${to}`, from);
    this.network.heal(from, to);
  }

  /** Somebody sets the wall clock of a machine. No excuse for anything: nothing happens to the mesh. */
  stepClock(letter: Letter, ms: number): void {
    this.#machine(letter).clock.step(ms);
    this.count('clock steps');
    this.#trace(`>>> ${letter}: clock steps by ${ms / 1000} s`);
  }

  /** What its wall clock was set by, all in all. */
  clockAheadMs(letter: Letter): number {
    return this.#machine(letter).clock.aheadMs;
  }

  stallStore(letter: Letter, forMs: number): void {
    this.#hurt(letter, 'store stalls');
    this.nodeOf(letter)?.store.stall(forMs);
  }

  breakStore(letter: Letter): void {
    this.#hurt(letter, 'store connection breaks');
    this.nodeOf(letter)?.store.breakConnection();
  }

  slowStore(letter: Letter, byMs: number): void {
    this.happened(`store slower by ${byMs.toFixed(0)} ms`, letter);
    this.#machine(letter).memcached.slownessMs = byMs;
  }

  /** Its memcached dies and takes everything along. */
  killStore(letter: Letter): void {
    const { memcached, node } = this.#machine(letter);
    this.#hurt(letter, 'memcached dies');
    memcached.isDown = true;
    memcached.clear();
    node?.store.breakConnection();
  }

  /** The daemon has started another one. */
  reviveStore(letter: Letter): void {
    const { memcached, node } = this.#machine(letter);
    this.happened('memcached starts', letter);
    node?.storeLost();
    memcached.isDown = false;
  }

  runFor(ms: number): Promise<void> {
    return this.world.runUntil(this.world.now + ms);
  }

  /** Whether every daemon runs and serves, and each considers every other alive over a link that is up. */
  get isWhole(): boolean {
    return this.letters.every((letter) => {
      const node = this.nodeOf(letter);
      if (node?.tenure.phase !== 'serving' || !node.tenure.isSure()) return false;
      return node.members.letters.every((peer) => node.isLinkedTo(peer) && node.members.stateOf(peer).kind === 'alive');
    });
  }

  /** Lets time pass until this is answered, or its caller has given up. */
  async answerOf<T>(coming: Promise<T>): Promise<T> {
    let isAnswered = false;
    const answered = coming.finally(() => (isAnswered = true));
    await this.world.runUntilTrue(() => isAnswered, ANSWERED_WITHIN_MS, 1);
    return answered;
  }

  converges(limitMs: number): Promise<boolean> {
    return this.world.runUntilTrue(() => this.isWhole, limitMs);
  }

  happened(what: string, where: Letter): void {
    this.unrest.push(this.world.now);
    this.count(what.replace(/ to .$| by .*$/, ''));
    this.#trace(`>>> ${where}: ${what}`);
  }

  count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  /** Ends all that still runs, and takes the directory away. */
  dispose(): void {
    for (const { node } of this.#machines.values()) node?.process.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  readonly #watcher: SimNodeWatcher = {
    changed: (_node, _peer, from, to) => {
      this.unrest.push(this.world.now);
      this.count(`member ${from} -> ${to}`);
    },
    noted: (_node, _owner, outcome) => this.count(`noted ${outcome}`),
    resetUnminted: () => this.count('unminted reset'),
    wiped: (node) => {
      this.wipedAt.push({ node, at: this.world.now });
      this.unrest.push(this.world.now);
      this.count('wiped');
      this.#trace(`${node}: wipes its store`);
    },
    lost: () => {
      this.unrest.push(this.world.now);
      this.count('tenure lost');
    },
    beganLife: (node) => this.#livesTaken.set(node, (this.#livesTaken.get(node) ?? 0) + 1),
    served: (node) => {
      this.joins.push({ node, lives: this.#livesTaken.get(node) ?? 0 });
      this.#livesTaken.delete(node);
      this.unrest.push(this.world.now);
      this.servedAt.push({ node, at: this.world.now });
      this.count('served');
    },
    failed: (node, error) => {
      this.#trace(`${node}: FAILED ${String(error)}`);
      this.errors.push(error);
    },
  };

  #end(letter: Letter, node: SimNode): void {
    if (node.process.isDead) return;
    this.absences.push({ node: letter, from: this.world.now, to: Infinity });
    node.process.kill();
  }

  #hurt(letter: Letter, what: string): void {
    this.happened(what, letter);
    if (!this.hurtAt.has(letter)) this.hurtAt.set(letter, this.world.now);
  }

  #machine(letter: Letter): Machine {
    const machine = this.#machines.get(letter);
    if (machine === undefined) throw new RangeError(`${letter} is not in this mesh`);
    return machine;
  }

  #traceLog(line: string): void {
    const { node, msg, id, reason, why, level } = JSON.parse(line) as Record<string, string>;
    // Whatever else a daemon logs as an error is a fault of its own.
    if (Number(level) >= ERROR_LEVEL && !OF_DISKS.test(msg ?? ''))
      this.errors.push(new Error(`${node ?? '?'} logs: ${msg ?? ''}`));
    this.#trace(`${node ?? '?'}: ${msg ?? ''} ${id ?? ''} ${reason ?? ''} ${why ?? ''}`);
  }
}
