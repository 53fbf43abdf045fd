import type { AcceptedSocket } from '../../../src/mesh/transport.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import { SimSocket } from './sim-socket.ts';
import type { World } from './world.ts';

/** A port on which a daemon listens. */
export interface Listener {
  readonly process: SimProcess;
  readonly onSocket: (socket: AcceptedSocket) => void;
}

const FASTEST_MS = 0.1;
const SLOWEST_MS = 5;
/** How long TCP may take to send again once a way is open again. */
const LONGEST_RESEND_MS = 150;

/** What a kernel takes of a connection before its sender has to wait: often far less than what is written at once, here. */
const KERNEL_BYTES = [256, 4096, 65_536];

/** So often what was written at once comes in two pieces. */
const SPLITS = 0.1;

/** The cables: who listens where, which ways are cut, and what is on its way. */
export class SimNetwork {
  readonly world: World;
  readonly random: Random;
  /** Told what comes about on connections. */
  readonly count: (what: string) => void;
  readonly #listeners = new Map<Letter, Listener>();
  readonly #cuts = new Set<string>();
  /** Machines without power: nothing comes from there, not even a refusal. */
  readonly #dark = new Set<Letter>();
  readonly #pipes = new Set<Pipe>();
  readonly #kernelBytes: number;
  #ports = 40_000;

  constructor(world: World, random: Random, count: (what: string) => void) {
    this.world = world;
    this.random = random;
    this.count = count;
    this.#kernelBytes = random.pick(KERNEL_BYTES);
  }

  /** Until the process is dead. */
  listen(letter: Letter, listener: Listener): void {
    this.#listeners.set(letter, listener);
    listener.process.onDeath(() => {
      if (this.#listeners.get(letter) === listener) this.#listeners.delete(letter);
    });
  }

  /** Begins to connect, as `net.connect` does. */
  dial(from: Letter, to: Letter, process: SimProcess): SimSocket {
    const [forth, back] = [this.#pipe(from, to), this.#pipe(to, from)];
    this.#ports += 1;
    const ends = { remote: addressOf(to), local: addressOf(from), kernelBytes: this.#kernelBytes };
    const socket = new SimSocket({ process, ...ends, sends: forth, receives: back, network: this });
    forth.send(() => this.#arrive(socket, { from, to, port: this.#ports, forth, back }));
    return socket;
  }

  isDark(letter: Letter): boolean {
    return this.#dark.has(letter);
  }

  isCut(from: Letter, to: Letter): boolean {
    return this.#cuts.has(from + to) || this.#dark.has(from) || this.#dark.has(to);
  }

  cut(from: Letter, to: Letter): void {
    this.#cuts.add(from + to);
  }

  heal(from: Letter, to: Letter): void {
    this.#cuts.delete(from + to);
    this.#resend();
  }

  powerOff(letter: Letter): void {
    this.#dark.add(letter);
  }

  powerOn(letter: Letter): void {
    this.#dark.delete(letter);
    this.#resend();
  }

  delayMs(): number {
    // Mostly quick, sometimes slow.
    const draw = this.random.next();
    return FASTEST_MS + draw * draw * draw * (SLOWEST_MS - FASTEST_MS);
  }

  /** Where what was written at once is taken apart: its length where it is not. */
  pieceOf(bytes: number): number {
    return bytes > 1 && this.random.chance(SPLITS) ? 1 + this.random.below(bytes - 1) : bytes;
  }

  forget(pipe: Pipe): void {
    this.#pipes.delete(pipe);
  }

  #pipe(from: Letter, to: Letter): Pipe {
    const pipe = new Pipe(this, from, to);
    this.#pipes.add(pipe);
    return pipe;
  }

  /** At the peer's machine. Its kernel connects, whatever the daemon does; that finds the connection when it goes on. */
  #arrive(dialler: SimSocket, { from, to, port, forth, back }: Call): void {
    const listener = this.#listeners.get(to);
    if (listener === undefined) {
      back.send(() => dialler.refused());
      return;
    }
    const { process } = listener;
    const ends = { remote: addressOf(from), local: addressOf(to), port, kernelBytes: this.#kernelBytes };
    const socket = new SimSocket({ process, ...ends, sends: back, receives: forth, network: this });
    dialler.meets(socket);
    back.send(() => dialler.connected());
    process.deliver('input', () => {
      if (!socket.closed) listener.onSocket(socket);
    });
  }

  #resend(): void {
    for (const pipe of this.#pipes) {
      if (pipe.isStuck && !this.isCut(pipe.from, pipe.to)) {
        this.world.after(this.random.between(1, LONGEST_RESEND_MS), () => pipe.flush());
      }
    }
  }
}

interface Call {
  readonly from: Letter;
  readonly to: Letter;
  readonly port: number;
  readonly forth: Pipe;
  readonly back: Pipe;
}

/** The address of this letter's machine. */
export function addressOf(letter: Letter): string {
  return `10.0.0.${letter.charCodeAt(0)}`;
}

/** One direction of one connection: in order, and held up while its way is cut. */
export class Pipe {
  readonly from: Letter;
  readonly to: Letter;
  readonly #network: SimNetwork;
  #lastAt = 0;
  #stuck: (() => void)[] = [];
  #isDiscarded = false;

  constructor(network: SimNetwork, from: Letter, to: Letter) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  get isStuck(): boolean {
    return this.#stuck.length > 0;
  }

  send(arrive: () => void): void {
    if (this.#isDiscarded) return;
    const { world } = this.#network;
    this.#lastAt = Math.max(this.#lastAt, world.now + this.#network.delayMs());
    world.after(this.#lastAt - world.now, () => {
      if (this.#isDiscarded) return;
      if (this.isStuck || this.#network.isCut(this.from, this.to)) this.#stuck.push(arrive);
      else arrive();
    });
  }

  flush(): void {
    if (this.#isDiscarded || this.#network.isCut(this.from, this.to)) return;
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const arrive of stuck) arrive();
  }

  /** Nothing of what is on its way arrives. */
  discard(): void {
    this.#isDiscarded = true;
    this.#stuck = [];
    this.#network.forget(this);
  }
}
