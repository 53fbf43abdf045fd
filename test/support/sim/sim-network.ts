import { judgeHello, type Rival } from '../../../src/mesh/handshake.ts';
import type { Hello, HelloAnswer, PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { senderIncarnation } from '../../../src/mesh/sender-incarnation.ts';
import type { Letter, LetterMap } from '../../../src/session/letter.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** A daemon that listens. */
export interface Endpoint {
  readonly process: SimProcess;
  readonly hello: (to: Letter) => Hello;
  readonly handler: (from: Hello, request: PeerRequest) => Promise<PeerAnswer>;
  readonly onHello: (hello: Hello) => void;
  readonly suspectAfterMs: number;
}

const FASTEST_MS = 0.1;
const SLOWEST_MS = 5;
/** How long TCP may take to send again once a way is open again. */
const LONGEST_RESEND_MS = 150;

/** The cables: who listens where, which ways are cut, and what is on its way. */
export class SimNetwork {
  readonly world: World;
  readonly random: Random;
  readonly map: LetterMap;
  readonly #endpoints = new Map<Letter, Endpoint>();
  readonly #cuts = new Set<string>();
  /** Machines without power: nothing comes from there, not even a refusal. */
  readonly #dark = new Set<Letter>();
  readonly #pipes = new Set<Pipe>();
  readonly #accepted = new Map<Letter, Set<AcceptedConnection>>();

  constructor(world: World, random: Random, map: LetterMap) {
    this.world = world;
    this.random = random;
    this.map = map;
  }

  listen(letter: Letter, endpoint: Endpoint): void {
    this.#endpoints.set(letter, endpoint);
    endpoint.process.onDeath(() => {
      if (this.#endpoints.get(letter) === endpoint) this.#endpoints.delete(letter);
      this.#accepted.delete(letter);
    });
  }

  listener(letter: Letter): Endpoint | undefined {
    return this.#endpoints.get(letter);
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

  pipe(from: Letter, to: Letter): Pipe {
    const pipe = new Pipe(this, from, to);
    this.#pipes.add(pipe);
    return pipe;
  }

  forget(pipe: Pipe): void {
    this.#pipes.delete(pipe);
  }

  connectionsOf(acceptor: Letter): Set<AcceptedConnection> {
    const connections = this.#accepted.get(acceptor) ?? new Set<AcceptedConnection>();
    this.#accepted.set(acceptor, connections);
    return connections;
  }

  #resend(): void {
    for (const pipe of this.#pipes) {
      if (pipe.isStuck && !this.isCut(pipe.from, pipe.to)) {
        this.world.after(this.random.between(1, LONGEST_RESEND_MS), () => pipe.flush());
      }
    }
  }
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

/** What the acceptor knows of a connection. */
export class AcceptedConnection {
  readonly hello: Hello;
  isOpen = true;
  #incarnation: number;
  #heardAt: number;
  readonly #world: World;

  constructor(hello: Hello, world: World) {
    this.hello = hello;
    this.#incarnation = hello.incarnation;
    this.#world = world;
    this.#heardAt = world.now;
  }

  get rival(): Rival {
    return { incarnation: this.#incarnation, heardAgoMs: this.#world.now - this.#heardAt };
  }

  heard(request: PeerRequest): void {
    this.#heardAt = this.#world.now;
    this.#incarnation = Math.max(this.#incarnation, senderIncarnation(request) ?? 0);
  }
}

/** The acceptor's side of a greeting, judged by the real code. */
export function welcome(network: SimNetwork, endpoint: Endpoint, hello: Hello): HelloAnswer {
  const connections = network.connectionsOf(hello.to);
  const rivals = [...connections].filter((one) => one.isOpen && one.hello.letter === hello.letter);
  return judgeHello(hello, {
    hello: endpoint.hello(hello.letter),
    map: network.map,
    rivals: rivals.map(({ rival }) => rival),
    suspectAfterMs: endpoint.suspectAfterMs,
    isCredible: () => true,
  });
}
