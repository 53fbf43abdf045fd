import { pino, type Logger } from 'pino';
import type { Clock } from '../../../src/clock.ts';
import type { TimingsConfig } from '../../../src/config/config.ts';
import { LinkDownError, LinkLostError, type MagliaError } from '../../../src/errors.ts';
import type { JoinParts } from '../../../src/membership/join.ts';
import type { PeerLink, PeerLinks } from '../../../src/membership/peer-link.ts';
import type { WitnessParts } from '../../../src/membership/witness.ts';
import type { Asker } from '../../../src/mesh/in-flight.ts';
import type { LinkState } from '../../../src/mesh/link-state.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { OUR_VERSIONS } from '../../../src/mesh/wire-version.ts';
import type { Metrics } from '../../../src/metrics/metrics.ts';
import type { Letter, LetterMap } from '../../../src/session/letter.ts';
import type { Soon } from '../../../src/soon.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { setUpEngine } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

export const [a, b, c, d] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d')];

export const TIMINGS: TimingsConfig = {
  pingMs: 50,
  suspectAfterMs: 150,
  deadAfterMs: 400,
  operationMs: 250,
  hardCapMs: 500,
  storeMs: 100,
  dialMs: 500,
  joinPatienceMs: 5000,
  pauseMs: 3000,
};

export const SILENT: Logger = pino({ level: 'silent' });

export const NO_METRICS: Pick<Metrics, 'count' | 'set' | 'observe'> = {
  count: () => undefined,
  set: () => undefined,
  observe: () => undefined,
};

/** What a log line says, less its time and process. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A log whose lines a test reads. */
export function logInto(lines: LogLine[]): Logger {
  const write = (text: string): void => void lines.push(JSON.parse(text) as LogLine);
  return pino({ level: 'trace', base: null, timestamp: false }, { write });
}

/** A memory of lives whose disk takes no time. */
export const KEPT: JoinParts['livesFile'] & WitnessParts['livesFile'] = {
  memory: { kind: 'kept' },
  hasWritten: true,
  save: () => Promise.resolve(true),
  settled: () => Promise.resolve(true),
};

export function helloOf(letter: Letter, incarnation: number): Hello {
  const known = { ...OUR_VERSIONS, to: a, phase: 'serving', mapDigest: 'digest', software: 'test' } as const;
  return { ...known, letter, incarnation };
}

/** What a peer does with a request. `silence`: nothing until the deadline, which costs the link. */
export type Scripted = PeerAnswer | Promise<PeerAnswer> | MagliaError | 'silence';

export interface AskedOnce {
  readonly request: PeerRequest;
  readonly at: number;
  readonly deadlineAt: number;
}

/** A link to a peer that answers as a test says. */
export class ScriptedLink implements PeerLink {
  readonly asked: AskedOnce[] = [];
  /** Why it was dropped, each time. */
  readonly dropped: string[] = [];
  nudges = 0;
  state: LinkState;
  answer: (request: PeerRequest) => Scripted = () => 'silence';
  readonly #letter: Letter;
  readonly #clock: Clock;
  readonly #unanswered = new Set<(error: LinkLostError) => void>();

  constructor(letter: Letter, clock: Clock) {
    this.#letter = letter;
    this.#clock = clock;
    this.state = this.#upState();
  }

  goUp(): void {
    this.state = this.#upState();
  }

  goDown(): void {
    this.state = { kind: 'waiting', why: 'the test took it down' };
    const failures = [...this.#unanswered];
    this.#unanswered.clear();
    for (const fail of failures) fail(new LinkLostError('the link was lost'));
  }

  /** The requests of this kind, in order. */
  requests<K extends PeerRequest['kind']>(kind: K): Extract<PeerRequest, { kind: K }>[] {
    return this.asked
      .map(({ request }) => request)
      .filter((request): request is Extract<PeerRequest, { kind: K }> => request.kind === kind);
  }

  ask(request: PeerRequest, deadlineAt: number, asker: Asker): void {
    this.request(request, deadlineAt).then(
      (answer) => asker.onAnswer(answer),
      (error: unknown) => asker.onFailed(error as MagliaError),
    );
  }

  request(request: PeerRequest, deadlineAt: number): Promise<PeerAnswer> {
    const at = this.#clock.monotonic();
    if (this.state.kind !== 'up') return Promise.reject(new LinkDownError(`no link to ${this.#letter}`));
    if (deadlineAt <= at) return Promise.reject(new LinkDownError('the deadline has passed'));
    this.asked.push({ request, at, deadlineAt });
    const answer = this.answer(request);
    if (answer === 'silence') return this.#silence(deadlineAt - at);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  drop(reason: string): void {
    this.dropped.push(reason);
    this.goDown();
  }

  nudge(): void {
    this.nudges += 1;
  }

  #silence(forMs: number): Promise<PeerAnswer> {
    return new Promise((_resolve, reject) => {
      this.#unanswered.add(reject);
      this.#clock.after(forMs, () => {
        if (this.#unanswered.delete(reject)) reject(new LinkLostError('it was not answered by its deadline'));
      });
    });
  }

  #upState(): LinkState {
    return { kind: 'up', why: 'welcomed', hello: helloOf(this.#letter, 1) };
  }
}

/** A link to every peer of `self`. */
export class ScriptedLinks {
  readonly #links: ReadonlyMap<Letter, ScriptedLink>;

  constructor(self: Letter, map: LetterMap, clock: Clock) {
    this.#links = new Map(map.lettersAfter(self).map((letter) => [letter, new ScriptedLink(letter, clock)]));
  }

  /** As the parts under test see them. */
  readonly asPart: PeerLinks = (letter) => this.to(letter);

  to(letter: Letter): ScriptedLink {
    const link = this.#links.get(letter);
    if (link === undefined) throw new RangeError(`${letter} is not a peer of this node`);
    return link;
  }

  all(): ScriptedLink[] {
    return [...this.#links.values()];
  }
}

/** Estates over shelves in memory; `noted` is called for each orphan that they note. */
export function estatesOn(
  clock: FakeClock,
  noted: (owner: Letter) => void = () => undefined,
  ledgerLimit = 1000,
): Estates {
  return new Estates(
    (owner, isComplete) =>
      new Estate({
        shelf: setUpEngine({ clock, letter: owner }).engine,
        ledger: ledgerOf(ledgerLimit, { isComplete }),
        aliasMs: 60_000,
        clock,
        onNoted: () => noted(owner),
      }),
    () => 0,
  );
}

/** Follows what will be known without waiting for it. */
export function watch<T>(value: Soon<T>): { outcome?: T } {
  const seen: { outcome?: T } = {};
  void Promise.resolve(value).then((outcome) => (seen.outcome = outcome));
  return seen;
}
