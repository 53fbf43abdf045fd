import pino, { type Logger } from 'pino';
import type { TimingsConfig } from '../../../src/config/config.ts';
import { LinkDownError } from '../../../src/errors.ts';
import type { PeerLink } from '../../../src/membership/peer-link.ts';
import type { LinkState } from '../../../src/mesh/link-state.ts';
import { WIRE_VERSION, type Hello, type PeerAnswer, type PeerRequest } from '../../../src/mesh/message.ts';
import type { Metrics } from '../../../src/metrics/metrics.ts';
import { isLetter, type Letter } from '../../../src/session/letter.ts';
import { LetterMap } from '../../../src/session/letter-map.ts';

/** As in `config/options.ts`. */
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

/** @throws RangeError for what is no letter */
export function letter(text: string): Letter {
  if (!isLetter(text)) throw new RangeError(`${text} is not a letter`);
  return text;
}

/** A map of these letters. */
export function mapOf(text: string): LetterMap {
  return new LetterMap(new Map(Array.from(text).map((one, at) => [letter(one), { host: 'host', port: at + 1 }])));
}

export function helloFrom(from: Letter, incarnation: number): Hello {
  return {
    wireVersion: WIRE_VERSION,
    letter: from,
    to: letter('a'),
    incarnation,
    phase: 'serving',
    mapDigest: '',
    software: '',
  };
}

/** One line of a log as an object. */
export type LogLine = Record<string, unknown>;

/** A log whose lines a test reads. */
export function keptLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  return { log, lines };
}

type Answerer = (request: PeerRequest, deadlineAt: number) => Promise<PeerAnswer> | PeerAnswer;

/** A link that answers as a test tells it to. */
export class ScriptedLink implements PeerLink {
  readonly asked: PeerRequest[] = [];
  readonly drops: string[] = [];
  answer: Answerer = () => new Promise<PeerAnswer>(() => undefined);
  #state: LinkState = { kind: 'waiting', why: 'not dialled yet' };

  get state(): LinkState {
    return this.#state;
  }

  goUp(): void {
    this.#state = { kind: 'up', why: 'welcomed', hello: helloFrom(letter('b'), 1) };
  }

  goDown(): void {
    this.#state = { kind: 'waiting', why: 'lost' };
  }

  async request(message: PeerRequest, deadlineAt: number): Promise<PeerAnswer> {
    if (this.#state.kind !== 'up') throw new LinkDownError('there is no link');
    this.asked.push(message);
    return this.answer(message, deadlineAt);
  }

  drop(reason: string): void {
    this.drops.push(reason);
    this.goDown();
  }

  nudge(): void {
    // Nothing dials here.
  }
}
