import { FailureDetector } from '../../../src/membership/failure-detector.ts';
import type { MemberState } from '../../../src/membership/member-state.ts';
import { Members } from '../../../src/membership/members.ts';
import { fenceAfterMs } from '../../../src/membership/silence.ts';
import { Tenure } from '../../../src/membership/tenure.ts';
import type { PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { mapOf } from '../session/letters.ts';
import {
  a,
  logInto,
  ScriptedLinks,
  TIMINGS,
  type LogLine,
  type Scripted,
  type ScriptedLink,
} from './membership-setup.ts';

/** Our own life, and the peers'. */
export const OUR_LIFE = 1000;
export const LIFE = 1;

export const LOOK_MS = TIMINGS.pingMs / 2;

type Pong = Extract<PeerAnswer, { kind: 'pong' }>;
type Vote = Extract<PeerAnswer, { kind: 'verdict' }>;

export function pong(changes: Partial<Pong> = {}): Pong {
  return { kind: 'pong', verdict: 'alive', incarnation: LIFE, phase: 'serving', ...changes };
}

export function vote(changes: Partial<Vote> = {}): Vote {
  return { kind: 'verdict', agreed: true, heardAgoMs: 10_000, incarnation: LIFE, ...changes };
}

/** A peer that answers pings, and agrees to accusations, unless told otherwise. */
export function answering({ ping = pong(), accuse = vote() }: { ping?: Scripted; accuse?: Scripted } = {}): (
  request: PeerRequest,
) => Scripted {
  return (request) => {
    if (request.kind === 'ping') return ping;
    if (request.kind === 'accuse') return accuse;
    throw new TypeError(`a failure detector does not ask for ${request.kind}`);
  };
}

/** An answer that a test gives when it likes. */
export interface Held {
  readonly answer: Promise<PeerAnswer>;
  readonly give: (answer: PeerAnswer) => void;
}

export function held(): Held {
  let give: (answer: PeerAnswer) => void = () => undefined;
  const answer = new Promise<PeerAnswer>((resolve) => (give = resolve));
  return { answer, give };
}

export interface DetectorSetup {
  readonly detector: FailureDetector;
  readonly members: Members;
  readonly tenure: Tenure;
  readonly clock: FakeClock;
  readonly to: (letter: Letter) => ScriptedLink;
  readonly kindOf: (letter: Letter) => MemberState['kind'];
  readonly lines: LogLine[];
  /** Why our own life was lost, each time. */
  readonly lost: string[];
  /** The life of each peer on whose behalf something was done here that it has not taken over. */
  readonly untaken: Map<Letter, number>;
  /** How late each look was, in seconds. */
  readonly late: number[];
  /** Who told us that it considers us dead. */
  readonly judgedBy: Letter[];
}

/** Node a, which serves, among peers that are alive and answer; its detector has just started. */
export function setUpDetector({ letters = 'abcd', areMet = true } = {}): DetectorSetup {
  const map = mapOf(letters);
  const clock = new FakeClock();
  clock.advance(10_000);
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const links = new ScriptedLinks(a, map, clock);
  const members = new Members({
    ...{ letter: a, map, clock, log },
    remembered: () => 0,
    metrics: { set: () => undefined },
    onChange: () => {
      if (members.present().length === 0) tenure.peersGone();
    },
  });
  const lost: string[] = [];
  const tenure: Tenure = new Tenure(OUR_LIFE, {
    ...{ clock, log },
    fenceAfterMs: fenceAfterMs(TIMINGS),
    hasPeers: () => members.present().length > 0,
    askAgainMs: 50,
    askPeers: () => detector.pingAll(),
    onLost: (why) => lost.push(why),
  });
  const late: number[] = [];
  const judgedBy: Letter[] = [];
  const untaken = new Map<Letter, number>();
  const detector: FailureDetector = new FailureDetector({
    ...{
      letter: a,
      map,
      members,
      links: links.asPart,
      lives: { untakenOf: (letter) => untaken.get(letter) ?? 0 },
      tenure,
      timings: TIMINGS,
      clock,
      log,
    },
    metrics: { observe: (_name, _labels, seconds) => void late.push(seconds) },
    onJudged: (by) => void judgedBy.push(by),
  });

  for (const link of links.all()) link.answer = answering();
  if (areMet) {
    for (const letter of members.letters) {
      members.apply(letter, { kind: 'answered', incarnation: LIFE, mayReturn: false }, 'it answers');
    }
  }
  tenure.serve(clock.monotonic());
  detector.start();
  const kindOf = (letter: Letter): MemberState['kind'] => members.stateOf(letter).kind;
  return {
    detector,
    members,
    tenure,
    clock,
    to: (letter) => links.to(letter),
    kindOf,
    lines,
    lost,
    untaken,
    late,
    judgedBy,
  };
}
