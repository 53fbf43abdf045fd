import { pino } from 'pino';
import { LongWork } from '../../../src/long-work.ts';
import type { SessionConfig } from '../../../src/config/config.ts';
import { Engine, type OwnerCommand } from '../../../src/engine/engine.ts';
import { Locks } from '../../../src/engine/locks.ts';
import { Ends } from '../../../src/engine/tombstone.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Turns } from '../../../src/engine/turns.ts';
import { VersionFloors } from '../../../src/engine/version-floors.ts';
import { Vault } from '../../../src/engine/vault.ts';
import type { Content } from '../../../src/session/command.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Versions } from '../../../src/session/version.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStore } from '../../support/fake-store.ts';
import { letterOf } from '../session/letters.ts';
import { IDS } from '../../support/minted-ids.ts';

export const SESSION: SessionConfig = {
  ttlSeconds: 600,
  maxTtlSeconds: 7200,
  maxBytes: 1000,
  tombstoneSeconds: 60,
  rotateGraceSeconds: 30,
  lockSeconds: 20,
};

/** Longest line of one session, and most who wait for one lock. */
export const QUEUE_LIMIT = 8;

export const ID = 'a0123456789abcdefghijklmnop';

export function json(value: unknown): Content {
  return { contentType: 'application/json', flags: 0, payload: Buffer.from(JSON.stringify(value)) };
}

export interface EngineSetup {
  readonly engine: Engine;
  readonly store: FakeStore;
  readonly recall: Recall;
  readonly locks: Locks;
  readonly turns: Turns;
  readonly clock: FakeClock;
  /** Every line that was logged. */
  readonly logged: string[];
  /** Executes a command with a deadline that is never reached while the clock stands. */
  readonly run: (command: OwnerCommand) => Promise<Reply>;
}

/** An engine for the letter a, over a store that fails on command, on a clock that stands still. */
export function setUpEngine({
  clock = new FakeClock(),
  letter = 'a',
  recalled = 1000,
  queueLimit = QUEUE_LIMIT,
  incarnation = clock.now(),
  session = {},
  hotMegabytes = 0,
  allowsFlush = true,
  store = new FakeStore(clock),
  unminted = 0,
  moved = 0,
}: {
  clock?: FakeClock;
  letter?: string;
  recalled?: number;
  queueLimit?: number;
  incarnation?: number;
  session?: Partial<SessionConfig>;
  hotMegabytes?: number;
  allowsFlush?: boolean;
  store?: FakeStore;
  unminted?: number;
  moved?: number;
} = {}): EngineSetup {
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const recall = new Recall(recalled);
  const config = { ...SESSION, ...session };
  // Nobody has ever confirmed it: whatever was destroyed may be unknown elsewhere.
  const ends = new Ends({ limit: 100, clock, unopposedUntil: () => Number.NEGATIVE_INFINITY, wasApart: false });
  const locks = new Locks(clock, config.lockSeconds * 1000, queueLimit);
  const turns = new Turns(queueLimit);
  const floors = new VersionFloors({ letter: letterOf(letter), ids: IDS, unminted, moved });
  const engine = new Engine({
    letter: letterOf(letter),
    ids: IDS,
    vault: new Vault({ store, recall, hot: new HotRecords(hotMegabytes), clock, log, ends, floors }),
    turns,
    locks,
    versions: new Versions(incarnation),
    session: config,
    allowsFlush,
    work: new LongWork(),
    clock,
    log,
  });
  const run = (command: OwnerCommand): Promise<Reply> =>
    Promise.resolve(engine.execute(command, clock.monotonic() + 250));
  return { engine, store, recall, locks, turns, clock, logged, run };
}

/** The reply as one line: its kind, then code or reason, then the data. */
export function summary(reply: Reply): string {
  switch (reply.kind) {
    case 'done':
      return ['done', reply.content?.payload.toString()].filter((part) => part !== undefined).join(' ');
    case 'moved':
      return `moved ${reply.to}`;
    case 'miss':
      return `miss ${reply.reason}`;
    case 'answered':
      return `answered ${reply.answer.kind}`;
    case 'refused':
    case 'in-doubt':
    case 'unavailable':
      return `${reply.kind} ${reply.code}`;
  }
}

export type Done = Extract<Reply, { kind: 'done' }>;

/** The reply, which must be `done`. */
export function doneOf(reply: Reply): Done {
  if (reply.kind !== 'done') throw new TypeError(`expected done, got ${summary(reply)}`);
  return reply;
}
