import { pino, type Logger } from 'pino';
import { OPTIONS } from '../../../../src/config/options.ts';
import { Metrics } from '../../../../src/metrics/metrics.ts';
import type {
  Arithmetic,
  Delete,
  MemcachedRead,
  MemcachedStore,
  Touch,
} from '../../../../src/doors/memcached/protocol/command.ts';
import { LINE, type MetaShape } from '../../../../src/doors/memcached/protocol/reply-shape.ts';
import type { ClusterView } from '../../../../src/routing/cluster-view.ts';
import type { DeskParts } from '../../../../src/doors/memcached/client-desk.ts';
import { Credentials } from '../../../../src/doors/kit/credentials.ts';
import { DoorCounts } from '../../../../src/doors/memcached/door-counts.ts';
import { Flush } from '../../../../src/doors/memcached/flush.ts';
import { KeyTable } from '../../../../src/doors/kit/key-table.ts';
import { LockPlaces } from '../../../../src/doors/kit/held-locks.ts';
import { MeteredDispatch } from '../../../../src/doors/kit/metered-dispatch.ts';
import { LockReturns } from '../../../../src/routing/lock-returns.ts';
import type { OpenReply } from '../../../../src/routing/open.ts';
import type { SessionsPort } from '../../../../src/routing/sessions-port.ts';
import { StatsReports } from '../../../../src/doors/memcached/stats-reports.ts';
import type { SessionCommand } from '../../../../src/session/command.ts';
import type { ItemAnswer } from '../../../../src/session/item-operation.ts';
import { LetterMap } from '../../../../src/session/letter.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import { ownerLetter } from '../../../../src/session/session-id.ts';
import type { Soon } from '../../../../src/soon.ts';
import type { StoreFigures } from '../../../../src/store/store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { letter } from '../../../support/mesh-messages.ts';

/** A mesh that answers what a test says, when it says so. */
export class ScriptedSessions implements SessionsPort {
  readonly asked: SessionCommand[] = [];
  /** Answers at once where it gives something; else the command waits for `answerNext`. */
  script: (command: SessionCommand) => Reply | undefined = () => undefined;
  readonly #map: LetterMap;
  readonly #returns: LockReturns;
  readonly #waiting: ((reply: Reply | Error) => void)[] = [];

  constructor(map: LetterMap, clock: FakeClock, log: Logger) {
    this.#map = map;
    this.#returns = new LockReturns({ ask: (command) => this.dispatch(command), clock, log });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  ownerOf(id: string): ReturnType<SessionsPort['ownerOf']> {
    return ownerLetter(id, this.#map);
  }

  mint(): Reply {
    throw new RangeError('no client of this door mints');
  }

  open(): OpenReply {
    throw new RangeError('no client of this door opens');
  }

  giveBack(id: string, token: string): void {
    this.#returns.giveBack(id, token);
  }

  dispatch(command: SessionCommand): Soon<Reply> {
    this.asked.push(command);
    const reply = this.script(command);
    if (reply !== undefined) return Promise.resolve(reply);
    return new Promise((resolve, reject) => {
      this.#waiting.push((late) => {
        if (late instanceof Error) reject(late);
        else resolve(late);
      });
    });
  }

  /** Answers the command that has waited longest. */
  async answerNext(reply: Reply | Error): Promise<void> {
    this.#waiting.shift()?.(reply);
    await settled();
  }
}

/** Until whatever promises have settled have told everybody. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface DeskOptions {
  readonly letters?: string;
  readonly isSteering?: boolean;
  readonly allowsFlush?: boolean;
  readonly users?: readonly { readonly user: string; readonly password: string }[];
}

/** What a client's desk is made from, on node b of a, b and c, and what is behind it. */
export class DeskFixture {
  readonly clock = new FakeClock();
  readonly counts = new DoorCounts();
  readonly metrics = new Metrics();
  /** What came of each, in order. */
  readonly logins: string[] = [];
  /** Until when a wrong guess waits for its answer. */
  slowed: Promise<void> | undefined;
  readonly sessions: ScriptedSessions;
  readonly parts: DeskParts;
  readonly logged: string[] = [];
  /** What the store says of itself. */
  figures = (): Promise<StoreFigures> =>
    Promise.resolve({ items: 7, bytes: 700, limitBytes: 67_108_864, evictions: 70 });

  constructor({ letters = 'abc', isSteering = true, allowsFlush = false, users = [] }: DeskOptions = {}) {
    const { clock, counts, metrics } = this;
    const map = new LetterMap(new Map(letters.split('').map((each) => [letter(each), { host: each, port: 1 }])));
    const log = pino({ base: {} }, { write: (line: string) => void this.logged.push(line) });
    this.sessions = new ScriptedSessions(map, clock, log);
    const { sessions } = this;
    const mesh = new MeteredDispatch('memcached', { sessions, metrics, clock, log });
    this.parts = {
      places: new LockPlaces(5),
      lockLimit: 3,
      ...{ letter: letter('b'), mesh, waitMs: 700, counts, metrics, clock, isSteering },
      version: '1.6.18-test',
      keys: new KeyTable(
        OPTIONS['doors.keyPrefixes'].fallback,
        OPTIONS['doors.lockPrefixes'].fallback,
        OPTIONS['doors.cachePrefixes'].fallback,
      ),
      ownership: { letter: letter('b'), isAlone: letters.length === 1, ownerOf: (id) => sessions.ownerOf(id) },
      credentials: new Credentials(users),
      logins: {
        accepted: () => void this.logins.push('accepted'),
        guessedWrong: () => {
          this.logins.push('refused');
          return this.slowed;
        },
      },
      flush: new Flush({ isAllowed: allowsFlush, letters: map.letters, mesh, counts, clock }),
      reports: new StatsReports({
        ...{ counts, clock, allowsFlush },
        version: '1.6.18-test',
        storeBytes: 67_108_864,
        itemBytes: 1_048_576,
        maxConnections: 100,
        idleSeconds: 0,
        hasCredentials: users.length > 0,
        connections: () => 3,
        cluster: () => VIEW,
        orphans: () => 17,
        figures: () => this.figures(),
      }),
    };
  }

  /** What the metrics say, by the beginning of the line. */
  async metric(beginning: string): Promise<string | undefined> {
    const lines = (await this.metrics.expose()).split('\n');
    return lines.find((line) => line.startsWith(beginning))?.slice(beginning.length);
  }
}

const VIEW: ClusterView = {
  letter: letter('b'),
  incarnation: 5,
  tenure: { state: 'serving', why: 'alone' },
  mapDigest: 'd1',
  software: '0.1.0',
  store: { kind: 'memory', state: 'up' },
  peers: [
    {
      letter: letter('a'),
      address: 'h:1',
      state: 'dead',
      incarnation: 4,
      why: 'silent',
      sinceMs: 10,
      link: { state: 'waiting', why: 'refused' },
    },
  ],
  strangers: [],
};

export function read(key: string, more: Partial<MemcachedRead> = {}): MemcachedRead {
  return { kind: 'read', key, touch: undefined, vivify: undefined, recache: undefined, isPeek: false, ...more };
}

export function store(mode: MemcachedStore['mode'], key: string, value: string, exptime = 60): MemcachedStore {
  return {
    ...{ kind: 'store', mode, key, exptime, flags: 0, cas: undefined, isInvalidating: false },
    value: Buffer.from(value),
  };
}

export function remove(key: string): Delete {
  return { kind: 'delete', key, cas: undefined };
}

export function touch(key: string, exptime: number): Touch {
  return { kind: 'touch', key, exptime };
}

export function incr(key: string): Arithmetic {
  return {
    ...{ kind: 'arithmetic', direction: 'incr', key, delta: 1n },
    ...{ initial: undefined, touch: undefined, cas: undefined },
  };
}

export function answered(answer: ItemAnswer): Reply {
  return { kind: 'answered', answer };
}

export function hit(value: string): ItemAnswer {
  return {
    ...{ kind: 'hit', value: Buffer.from(value), flags: 0, cas: 7, ttlSeconds: 60 },
    ...{ lastAccessSeconds: 0, wasFetched: false, isStale: false },
  };
}

/** The mesh grants a lock under this token. */
export function granted(token: string, expiresInMs = 30_000): Reply {
  return { kind: 'answered', answer: { kind: 'stored', cas: 1 }, lock: { token, expiresInMs } };
}

export const TEXT = LINE;

export const META: MetaShape = {
  ...{ protocol: 'meta', word: 'mg', returns: '', key: 'k', isEncodedKey: false, opaque: '' },
  ...{ hasValue: true, isQuiet: false },
};
