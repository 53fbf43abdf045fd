import type { LivesFile } from '../../../src/membership/lives-file.ts';
import { LongWork } from '../../../src/long-work.ts';
import { Lives } from '../../../src/membership/lives.ts';
import type { MemberState } from '../../../src/membership/member-state.ts';
import { Members } from '../../../src/membership/members.ts';
import { fenceAfterMs, NO_SILENCE, type Silence } from '../../../src/membership/silence.ts';
import { Tenure } from '../../../src/membership/tenure.ts';
import { Witness } from '../../../src/membership/witness.ts';
import type { PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { Forwarder } from '../../../src/routing/forwarder.ts';
import { LocalExecutor } from '../../../src/routing/local-executor.ts';
import { PeerDesk } from '../../../src/routing/peer-desk.ts';
import { Router } from '../../../src/routing/router.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { LetterMap } from '../../../src/session/letter-map.ts';
import type { Reply } from '../../../src/session/reply.ts';
import type { Estates } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { FakeStore } from '../../support/fake-store.ts';
import { doneOf, json, setUpEngine } from '../engine/engine-setup.ts';
import {
  a,
  estatesOn,
  logInto,
  ScriptedLinks,
  KEPT,
  TIMINGS,
  type LogLine,
  type Scripted,
  type ScriptedLink,
} from '../membership/membership-setup.ts';
import { mapOf } from '../session/letters.ts';

/** Our life, and the one in which each peer is alive at first. */
export const OUR_LIFE = 1000;
export const LIFE = 50;

export const FENCE_MS = fenceAfterMs(TIMINGS);

export type Execute = Extract<PeerRequest, { kind: 'execute' }>;

/** An id of this owner, minted long ago. */
export function idOf(owner: Letter): string {
  return `${owner}0123456789abcdefghijklmnop`;
}

/** What a peer answers with, for a link's script. */
export function replying(reply: Reply): (request: PeerRequest) => PeerAnswer {
  return (request) => {
    if (request.kind !== 'execute') throw new TypeError(`routing does not ask for ${request.kind}`);
    return { kind: 'reply', id: request.command.id, executorIncarnation: LIFE, reply };
  };
}

/** Answers with one after the other; the last one again and again. */
export function inTurn(
  ...scripts: readonly ((request: PeerRequest) => Scripted)[]
): (request: PeerRequest) => Scripted {
  let calls = 0;
  return (request) => {
    const script = scripts[Math.min(calls, scripts.length - 1)];
    calls += 1;
    return script?.(request) ?? 'silence';
  };
}

export function found(id: string): Reply {
  return { kind: 'done', id, version: 7, ttlSeconds: 600, content: json({ of: id.slice(0, 1) }) };
}

export const NOT_HERE: Reply = { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };
export const STALE: Reply = { kind: 'unavailable', code: 'STALE_INCARNATION' };

/** Node a of a mesh: real routing, engine and estates; its links, its peers and its clock do as a test says. */
export class RoutingNode {
  readonly clock = new FakeClock();
  readonly map: LetterMap;
  readonly members: Members;
  readonly tenure: Tenure;
  readonly estates: Estates;
  readonly store: FakeStore;
  readonly executor: LocalExecutor;
  readonly forwarder: Forwarder;
  readonly router: Router;
  readonly desk: PeerDesk;
  readonly lines: LogLine[] = [];
  /** What was counted, as `resets owner-dead`, in order. */
  readonly counted: string[] = [];
  /** Who was heard from, as `b 50`. */
  readonly heard: string[] = [];
  /** How silent each peer is to us. */
  readonly silences = new Map<Letter, Silence>();
  /** How often the peers were asked whether we are considered alive. */
  asks = 0;
  /** What becomes of that; by default a peer confirms it, a turn later. */
  whenAsked: () => void = () => void Promise.resolve().then(() => this.confirm());
  readonly #links: ScriptedLinks;
  readonly #mint: () => Promise<Reply>;

  /** When what this node knows of lives is on disk. */
  settleLives: LivesFile['settled'] = () => Promise.resolve(true);

  constructor(letters = 'abcd', areMet = true) {
    const { clock } = this;
    clock.advance(10_000);
    this.map = mapOf(letters);
    const map = this.map;
    const log = logInto(this.lines);
    const metrics = {
      count: (name: string, labels: Readonly<Record<string, string>>) =>
        void this.counted.push([name, ...Object.values(labels)].join(' ')),
    };
    const links = new ScriptedLinks(a, map, clock);
    this.#links = links;
    const members = new Members({
      ...{ letter: a, map, clock, log },
      remembered: () => 0,
      metrics: { set: () => undefined },
      onChange: () => undefined,
    });
    this.members = members;
    this.tenure = new Tenure(OUR_LIFE, {
      ...{ clock, log },
      fenceAfterMs: FENCE_MS,
      hasPeers: () => members.present().length > 0,
      askAgainMs: 50,
      askPeers: () => {
        this.asks += 1;
        this.whenAsked();
      },
      onLost: () => undefined,
    });
    const { engine, store } = setUpEngine({ clock });
    this.store = store;
    this.#mint = () => engine.mint(json({ of: a }));
    this.estates = estatesOn(clock);
    const { tenure, estates } = this;
    this.executor = new LocalExecutor({
      engine,
      estates,
      tenure,
      livesFile: { settled: (deadlineAt) => this.settleLives(deadlineAt) },
    });
    this.forwarder = new Forwarder({ links: links.asPart, clock, metrics, inFlightPerLink: 16 });
    const { executor, forwarder } = this;
    this.router = new Router({
      ...{ letter: a, map, members, executor, forwarder, timings: TIMINGS, clock, log, metrics },
    });
    const detector = {
      silenceOf: (peer: Letter) => this.silences.get(peer) ?? NO_SILENCE,
      heardFrom: (peer: Letter, incarnation: number) => void this.heard.push(`${peer} ${incarnation}`),
      beginAnew: () => undefined,
      isRefusing: () => false,
    };
    const lives = new Lives();
    const witness = new Witness({
      ...{ letter: a, map, members, detector, links: links.asPart, lives, livesFile: KEPT, estates, tenure },
      ...{ timings: TIMINGS, clock },
    });
    const membership = {
      ...{ members, tenure, answers: witness.answers },
      heard: (peer: Letter, incarnation: number) => detector.heardFrom(peer, incarnation),
      silenceOf: (peer: Letter) => detector.silenceOf(peer),
    };
    this.desk = new PeerDesk({
      ...{ letter: a, map, membership, executor, forwarder, clock, metrics },
      ...{ links: links.asPart, timings: TIMINGS, work: new LongWork() },
    });

    if (areMet) for (const letter of members.letters) this.become(letter, { kind: 'alive', incarnation: LIFE });
    tenure.serve(clock.monotonic());
  }

  to(letter: Letter): ScriptedLink {
    return this.#links.to(letter);
  }

  /** The commands that were sent to this peer. */
  sentTo(letter: Letter): Execute[] {
    return this.to(letter).requests('execute');
  }

  /** A peer confirms that it considers us alive, asked now. */
  confirm(): void {
    this.tenure.confirm(OUR_LIFE, this.clock.monotonic());
  }

  /** A session of our own. */
  async session(): Promise<string> {
    return doneOf(await this.#mint()).id;
  }

  /** Follows a dispatch without waiting for it. */
  dispatch(command: SessionCommand): { outcome?: Reply } {
    const seen: { outcome?: Reply } = {};
    void Promise.resolve(this.router.dispatch(command)).then((outcome) => (seen.outcome = outcome));
    return seen;
  }

  /** Lets a peer be this, by the events that lead there. */
  become(letter: Letter, state: MemberState): void {
    const { incarnation } = state;
    const apply = (event: Parameters<Members['apply']>[1]): void => void this.members.apply(letter, event, 'a test');
    switch (state.kind) {
      case 'alive':
        apply({ kind: 'answered', incarnation, mayReturn: true });
        apply({ kind: 'answered', incarnation, mayReturn: true });
        break;
      case 'suspect':
        apply({ kind: 'doubted' });
        break;
      case 'dead':
        apply({ kind: 'convicted', incarnation });
        break;
      case 'left':
        apply({ kind: 'goodbye', incarnation });
        break;
      case 'returning':
        apply({ kind: 'held', incarnation });
        break;
    }
    const { kind } = this.members.stateOf(letter);
    if (kind !== state.kind) throw new RangeError(`${letter} cannot become ${state.kind} from what it is: ${kind}`);
  }

  suspect(letter: Letter): void {
    this.become(letter, { kind: 'suspect', incarnation: LIFE, answers: 0, pausedUntil: 0 });
  }

  kill(letter: Letter): void {
    this.become(letter, { kind: 'dead', incarnation: LIFE });
  }
}
