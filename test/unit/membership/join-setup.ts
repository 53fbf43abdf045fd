import { Join } from '../../../src/membership/join.ts';
import type { Memory } from '../../../src/membership/lives-file.ts';
import { Lives } from '../../../src/membership/lives.ts';
import { Members } from '../../../src/membership/members.ts';
import { fenceAfterMs } from '../../../src/membership/silence.ts';
import { Tenure } from '../../../src/membership/tenure.ts';
import type { LifeHistory, OfferedEstate, PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { mapOf } from '../session/letters.ts';
import {
  a,
  logInto,
  ScriptedLinks,
  KEPT,
  TIMINGS,
  type LogLine,
  type Scripted,
  type ScriptedLink,
} from './membership-setup.ts';

/** The life in which node a begins, and the one that served last. */
export const LIFE = 1000;
export const FORMER_LIFE = 900;

/** The life in which the peers serve. */
export const PEER_LIFE = 50;

/** A peer that was there all the time and vouches for our former life. */
const VOUCHES: LifeHistory = {
  isInformed: true,
  serving: PEER_LIFE,
  verdict: 'kept',
  estates: [],
  notBeforeMs: 0,
  highestIncarnation: FORMER_LIFE,
  dead: [],
  settled: 0,
  recalls: 0,
};

/** What a peer offers of what it did on an owner's behalf, with nothing missing. */
export function estateOf(owner: Letter, changes: Partial<OfferedEstate> = {}): OfferedEstate {
  return {
    ...{ letter: owner, account: 1, life: FORMER_LIFE, isClosed: false },
    ...{ complete: true, gapsBy: [], forgetsUnminted: false },
    ...changes,
  };
}

/** A peer as the joining node sees it: what it says, what it would hand over, and whether it goes along. */
export class JoinPeer {
  readonly link: ScriptedLink;
  history: LifeHistory = VOUCHES;
  /** What it noted, by owner, in order. */
  readonly noted = new Map<Letter, EstateEntry[]>();
  entriesPerPage = 2;
  /** Called with each request before it is answered; what it returns is the answer instead. */
  meet: (request: PeerRequest) => Scripted | undefined = () => undefined;

  constructor(link: ScriptedLink) {
    this.link = link;
    link.answer = (request) => this.meet(request) ?? this.#answer(request);
  }

  says(changes: Partial<LifeHistory>): void {
    this.history = { ...this.history, ...changes };
  }

  /** Acts in the name of this owner: resets the orphans with these ids. */
  resets(owner: Letter, ...ids: string[]): void {
    const entries = this.noted.get(owner) ?? [];
    this.noted.set(owner, [...entries, ...ids.map((id) => ({ kind: 'reset', id }) as const)]);
    const others = this.history.estates.filter(({ letter }) => letter !== owner);
    this.says({ estates: [...others, estateOf(owner)] });
  }

  /** Refuses the next request of this kind. */
  refuseNext(kind: 'hold' | 'release'): void {
    this.meet = (request) => {
      if (request.kind !== kind) return undefined;
      this.meet = () => undefined;
      return { kind: 'acknowledged', accepted: false };
    };
  }

  #answer(request: PeerRequest): PeerAnswer {
    switch (request.kind) {
      case 'join':
        return { kind: 'history', history: this.history };
      case 'hold':
        // From now on it remembers this life.
        this.says({ highestIncarnation: Math.max(this.history.highestIncarnation, request.incarnation) });
        return { kind: 'acknowledged', accepted: true };
      case 'release':
        return { kind: 'acknowledged', accepted: true };
      case 'collect': {
        const noted = this.noted.get(request.letter) ?? [];
        const entries = noted.slice(request.cursor, request.cursor + this.entriesPerPage);
        const nextCursor = request.cursor + entries.length;
        return { kind: 'entries', entries, nextCursor, more: nextCursor < noted.length };
      }
      case 'ping':
      case 'accuse':
      case 'goodbye':
      case 'pause':
      case 'execute':
        throw new TypeError(`nobody who joins asks for ${request.kind}`);
    }
  }
}

export interface JoinSetup {
  readonly join: Join;
  readonly clock: FakeClock;
  readonly members: Members;
  readonly tenure: Tenure;
  readonly lives: Lives;
  readonly lines: LogLine[];
  readonly peer: (letter: Letter) => JoinPeer;
  /** What was asked of whom and what was done here, as `b hold 1000`, `apply a a-orphan`, `wipe`, in order. */
  readonly steps: string[];
  readonly incarnations: number[];
  /** Owners whose estates were taken over with gaps. */
  readonly incomplete: Letter[];
  /** Owners whose estates were taken over without all that was done with ids that no node minted. */
  readonly forgotten: Letter[];
  /** Who may have acted besides, by owner, as `c by d`. */
  readonly gaps: string[];
  /** What the test may change as it goes. */
  readonly world: {
    hasFormerSessions: boolean;
    /** What became of the last write of its lives. */
    memory: Memory;
    knowsEnds: boolean;
    readonly refusing: Set<Letter>;
    readonly rejecting: Set<Letter>;
    /** Who told us that it considers us dead. */
    readonly judges: Set<Letter>;
    /** Fails to apply an entry. */
    failApply: (entry: EstateEntry) => Error | undefined;
  };
}

/** Node a, which served before, starts again among peers that all vouch for it. */
export function setUpJoin({ letters = 'abc', served = FORMER_LIFE } = {}): JoinSetup {
  const map = mapOf(letters);
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const lives = new Lives();
  if (served > 0) lives.recordServed(served);
  const links = new ScriptedLinks(a, map, clock);
  const members = new Members({
    ...{ letter: a, map, clock, log },
    remembered: (letter) => lives.of(letter)?.incarnation ?? 0,
    metrics: { set: () => undefined },
    onChange: () => undefined,
  });
  const tenure = new Tenure(LIFE, {
    ...{ clock, log },
    fenceAfterMs: fenceAfterMs(TIMINGS),
    hasPeers: () => members.present().length > 0,
    askAgainMs: 50,
    askPeers: () => undefined,
    onLost: () => undefined,
  });
  const steps: string[] = [];
  const peers = new Map(members.letters.map((letter) => [letter, new JoinPeer(links.to(letter))]));
  for (const [letter, { link }] of peers) {
    const { answer } = link;
    link.answer = (request) => {
      steps.push(`${letter} ${textOf(request)}`);
      return answer(request);
    };
  }

  const incarnations: number[] = [];
  const incomplete: Letter[] = [];
  const forgotten: Letter[] = [];
  const gaps: string[] = [];
  const world: JoinSetup['world'] = {
    hasFormerSessions: true,
    memory: { kind: 'kept' },
    knowsEnds: true,
    refusing: new Set(),
    rejecting: new Set(),
    judges: new Set(),
    failApply: () => undefined,
  };
  const apply = (owner: Letter, entry: EstateEntry): Promise<void> => {
    const failure = world.failApply(entry);
    if (failure !== undefined) return Promise.reject(failure);
    steps.push(`apply ${owner} ${entry.id}${entry.kind === 'reset' ? '' : ` ${entry.kind}`}`);
    return Promise.resolve();
  };
  const join = new Join({
    ...{ letter: a, members, links: links.asPart, lives, tenure, timings: TIMINGS, clock, log },
    livesFile: {
      ...KEPT,
      get memory() {
        return world.memory;
      },
      save: () => Promise.resolve(world.memory.kind === 'kept'),
    },
    random: () => 0,
    detector: {
      isRefusing: (letter) => world.refusing.has(letter),
      rejectionBy: (letter) => (world.rejecting.has(letter) ? 'wrong-secret' : undefined),
      isAsGoodAsDead: () => false,
      hasJudgedUs: (letter) => world.judges.has(letter),
    },
    sessions: {
      hasFormer: () => world.hasFormerSessions,
      knowsEnds: () => world.knowsEnds,
      wipe: () => {
        steps.push('wipe');
        world.hasFormerSessions = false;
        return Promise.resolve();
      },
      resetUnminted: () => {
        steps.push('reset unminted');
        return Promise.resolve();
      },
      isMinted: (id) => !id.startsWith('a-made-up'),
      apply: (entry) => apply(a, entry),
      recordVersions: () => void steps.push('record versions'),
    },
    registrar: {
      estateOf: (owner) => ({
        inherit: (entry) => apply(owner, entry),
        markIncomplete: () => void incomplete.push(owner),
        forgetUnminted: () => void forgotten.push(owner),
        markGap: (by) => void gaps.push(`${owner} by ${by}`),
      }),
    },
    onIncarnation: (incarnation) => void incarnations.push(incarnation),
  });
  const peer = (letter: Letter): JoinPeer => {
    const found = peers.get(letter);
    if (found === undefined) throw new RangeError(`${letter} is not a peer of this node`);
    return found;
  };
  return { join, clock, members, tenure, lives, lines, peer, steps, incarnations, incomplete, forgotten, gaps, world };
}

function textOf(request: PeerRequest): string {
  switch (request.kind) {
    case 'join':
      return `join ${request.priorIncarnation}`;
    case 'collect':
      return `collect ${request.letter} from ${request.cursor}`;
    case 'hold':
    case 'release':
      return `${request.kind} ${request.incarnation}`;
    case 'ping':
    case 'accuse':
    case 'goodbye':
    case 'pause':
    case 'execute':
      return request.kind;
  }
}
