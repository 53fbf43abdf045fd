import type { IsCredible } from '../../src/mesh/claimed-lives.ts';
import { isIncarnation } from '../../src/session/version.ts';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pino, type Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { HandshakeRefusedError, LinkDownError } from '../../src/errors.ts';
import type { DialFailure } from '../../src/mesh/dial.ts';
import { FrameDecoder } from '../../src/mesh/frame-decoder.ts';
import type { LinkState } from '../../src/mesh/link-state.ts';
import { Link, type DownCause } from '../../src/mesh/link.ts';
import type { MeshLimits } from '../../src/mesh/limits.ts';
import type { TurnedAway } from '../../src/mesh/reception.ts';
import { tcp } from '../../src/mesh/tcp.ts';
import { MeshServer, type Refusal } from '../../src/mesh/mesh-server.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../src/mesh/message.ts';
import { OUR_VERSIONS } from '../../src/mesh/wire-version.ts';
import type { MeshSecurity } from '../../src/mesh/tls.ts';
import { LetterMap, type Letter, type MeshAddress } from '../../src/session/letter.ts';
import { encodeFrames, RecordingSink, type Frame } from './mesh-frames.ts';
import { letter } from './mesh-messages.ts';

export const a = letter('a');
export const b = letter('b');
export const c = letter('c');

export const secret = (text = 'the secret of the whole cluster'): MeshSecurity => ({
  kind: 'psk',
  secret: Buffer.from(text),
});
export const plain: MeshSecurity = { kind: 'plain' };

export const limits: MeshLimits = {
  inFlightPerLink: 256,
  dialMs: 1000,
  suspectAfterMs: 150,
  maxFrameBytes: 1024 * 1024 + 65_536,
  callers: 256,
};

/** A map of these letters. Its addresses are not dialled: tests use ports of their own. */
export function mapOf(...letters: Letter[]): LetterMap {
  return new LetterMap(new Map(letters.map((one) => [one, { host: `host-${one}`, port: 7421 }])));
}

const usualMap = mapOf(a, b, c);

export function helloOf(from: Letter, to: Letter, change: Partial<Hello> = {}): Hello {
  return {
    ...OUR_VERSIONS,
    letter: from,
    to,
    incarnation: 1000,
    phase: 'serving',
    mapDigest: usualMap.digest,
    software: '0.1.0',
    ...change,
  };
}

export const ping: PeerRequest = { kind: 'ping', incarnation: 1000 };
export const pong: PeerAnswer = { kind: 'pong', verdict: 'alive', incarnation: 1000, phase: 'serving' };

export function get(id: string, budgetMs = 250): PeerRequest {
  return { kind: 'execute', route: 'owner', owner: b, incarnation: 1000, budgetMs, command: { kind: 'get', id } };
}

/** A log that keeps its lines. */
export class LogBook {
  readonly lines: { level: number; msg: string; [field: string]: unknown }[] = [];
  readonly log: Logger = pino(
    { level: 'debug' },
    {
      write: (line: string) => {
        this.lines.push(JSON.parse(line) as (typeof this.lines)[number]);
      },
    },
  );

  /** Texts at warn level and above. */
  get warnings(): string[] {
    return this.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
  }
}

/** Things that happened, and a wait for those that have not yet. */
export class Happenings<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(one: T): void {
    this.all.push(one);
    for (const look of this.#waiting) look();
  }

  /** Resolves to the first that fits, past or future. */
  find(fits: (one: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.all.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when there are this many. */
  async count(number: number): Promise<T[]> {
    await this.find(() => this.all.length >= number);
    return this.all;
  }
}

export interface TestServer {
  readonly server: MeshServer;
  readonly address: MeshAddress;
  readonly hellos: Happenings<Hello>;
  readonly refusals: Happenings<Refusal>;
  readonly turnedAway: Happenings<TurnedAway>;
  readonly asked: Happenings<PeerRequest>;
  readonly logBook: LogBook;
}

export interface TestServerOptions {
  readonly letter?: Letter;
  readonly security?: MeshSecurity;
  readonly map?: LetterMap;
  readonly limits?: Partial<MeshLimits>;
  readonly hello?: Partial<Hello>;
  readonly handler?: (from: Hello, request: PeerRequest) => Promise<PeerAnswer>;
  readonly isCredible?: IsCredible;
}

/** A mesh port on loopback, of b unless told otherwise; closed when the test ends. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const own = options.letter ?? b;
  const map = options.map ?? usualMap;
  const hellos = new Happenings<Hello>();
  const refusals = new Happenings<Refusal>();
  const turnedAway = new Happenings<TurnedAway>();
  const asked = new Happenings<PeerRequest>();
  const logBook = new LogBook();
  const server = new MeshServer({
    letter: own,
    isCredible: options.isCredible ?? ((_letter, life) => isIncarnation(life)),
    listen: { host: '127.0.0.1', port: 0 },
    security: options.security ?? secret(),
    map,
    hello: (to) => helloOf(own, to, { mapDigest: map.digest, ...options.hello }),
    limits: { ...limits, ...options.limits },
    handler: (from, request) => {
      asked.add(request);
      return options.handler?.(from, request) ?? answerOf(request);
    },
    clock: systemClock,
    transport: tcp,
    log: logBook.log,
    callbacks: {
      onHello: (hello) => hellos.add(hello),
      onRefused: (refusal) => refusals.add(refusal),
      onTurnedAway: (reason) => turnedAway.add(reason),
    },
  });
  const address = await server.listen();
  onTestFinished(() => server.close());
  return { server, address, hellos, refusals, turnedAway, asked, logBook };
}

/** What a well-behaved node answers. */
export function answerOf(request: PeerRequest): Promise<PeerAnswer> {
  if (request.kind !== 'execute') return Promise.resolve(pong);
  const { id } = request.command;
  const reply = { kind: 'done', id, version: 1, ttlSeconds: 60 } as const;
  return Promise.resolve({ kind: 'reply', id, executorIncarnation: 1000, reply });
}

export interface TestLink {
  readonly link: Link;
  readonly ups: Happenings<Hello>;
  readonly downs: Happenings<{ cause: DownCause; why: string }>;
  readonly failures: Happenings<{ cause: DialFailure; error: LinkDownError | HandshakeRefusedError }>;
  readonly states: Happenings<LinkState>;
  readonly logBook: LogBook;
  /** A deadline this far from now. */
  readonly in: (ms: number) => number;
}

export interface TestLinkOptions {
  readonly from?: Letter;
  readonly to?: Letter;
  readonly security?: MeshSecurity;
  readonly limits?: Partial<MeshLimits>;
  readonly hello?: Partial<Hello>;
  readonly isCredible?: IsCredible;
}

/** a's link to b unless told otherwise, dialling; closed when the test ends. */
export function openLink(address: MeshAddress, options: TestLinkOptions = {}): TestLink {
  const { from = a, to = b } = options;
  const ups = new Happenings<Hello>();
  const downs = new Happenings<{ cause: DownCause; why: string }>();
  const failures = new Happenings<{ cause: DialFailure; error: LinkDownError | HandshakeRefusedError }>();
  const states = new Happenings<LinkState>();
  const logBook = new LogBook();
  const link = new Link({
    self: from,
    letter: to,
    isCredible: options.isCredible ?? ((_letter, life) => isIncarnation(life)),
    address,
    security: options.security ?? secret(),
    hello: () => helloOf(from, to, options.hello),
    limits: { ...limits, ...options.limits },
    clock: systemClock,
    transport: tcp,
    log: logBook.log,
    random: () => 0.5,
    callbacks: {
      onUp: (hello) => ups.add(hello),
      onDown: (cause, why) => downs.add({ cause, why }),
      onDialFailed: (cause, error) => failures.add({ cause, error }),
      onState: (_from, state) => states.add(state),
    },
  });
  link.open();
  onTestFinished(() => link.close());
  return { link, ups, downs, failures, states, logBook, in: (ms) => systemClock.monotonic() + ms };
}

/** A TCP server that does with each connection what it is told; closed when the test ends. */
export async function startTcp(onConnection: (socket: Socket) => void): Promise<MeshAddress> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    // Whether and how the other side goes away is what the tests are about.
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port };
}

/** A plain node that speaks the wire, and answers each frame with the frames it is told. */
export function startScripted(onFrame: (frame: Frame, socket: Socket) => readonly Frame[]): Promise<MeshAddress> {
  return startTcp((socket) => {
    const sink = new RecordingSink();
    const decoder = new FrameDecoder(sink, limits.maxFrameBytes);
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (const frame of sink.frames.splice(0)) {
        const answers = onFrame(frame, socket);
        if (answers.length > 0) socket.write(encodeFrames(...answers));
      }
    });
  });
}

/** b's welcome to a. */
export const welcome: Frame = { type: 'hello-answer', message: { kind: 'welcome', hello: helloOf(b, a) } };

export interface RawPeer {
  readonly socket: Socket;
  readonly frames: Happenings<Frame>;
  readonly closed: Promise<void>;
  send(...frames: readonly Frame[]): void;
}

/** A TCP connection to a mesh port that sends what it likes; closed when the test ends. */
export async function callRaw(address: MeshAddress): Promise<RawPeer> {
  const socket = connect(address.port, address.host);
  const frames = new Happenings<Frame>();
  const sink = new RecordingSink();
  const decoder = new FrameDecoder(sink, limits.maxFrameBytes);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      decoder.push(chunk);
    } catch {
      // A TLS port answers in TLS.
      return;
    }
    for (const frame of sink.frames.splice(0)) frames.add(frame);
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return { socket, frames, closed, send: (...all) => void socket.write(encodeFrames(...all)) };
}
