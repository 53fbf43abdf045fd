import { pino } from 'pino';
import { LongWork } from '../../../src/long-work.ts';
import type { SessionConfig } from '../../../src/config/config.ts';
import { Engine, type OwnerCommand } from '../../../src/engine/engine.ts';
import { Locks } from '../../../src/engine/locks.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Turns } from '../../../src/engine/turns.ts';
import { Vault } from '../../../src/engine/vault.ts';
import type { Content } from '../../../src/session/command.ts';
import type { ItemAnswer, ItemOperation, StoreMode } from '../../../src/session/item-operation.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Versions } from '../../../src/session/version.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStore } from '../../support/fake-store.ts';
import { letter } from '../../support/mesh-messages.ts';
import { IDS } from '../../support/minted-ids.ts';

export const SESSION: SessionConfig = {
  ttlSeconds: 600,
  maxTtlSeconds: 7200,
  maxBytes: 1000,
  tombstoneSeconds: 60,
  rotateGraceSeconds: 30,
  lockSeconds: 20,
};

export const ID = 'a0123456789abcdefghijklmnop';

type OperationOf<K extends ItemOperation['kind']> = Extract<ItemOperation, { kind: K }>;
export type AnswerOf<K extends ItemAnswer['kind']> = Extract<ItemAnswer, { kind: K }>;

/** As a text client reads: it does not know of winning. */
export const GET: OperationOf<'read'> = { kind: 'read', canWin: false, isPeek: false };

/** As a meta client reads. */
export const MG: OperationOf<'read'> = { kind: 'read', canWin: true, isPeek: false };

export const DELETE: OperationOf<'delete'> = { kind: 'delete' };

export function store(
  mode: StoreMode,
  value: string | Buffer,
  more: Partial<OperationOf<'store'>> = {},
): OperationOf<'store'> {
  const bytes = Buffer.from(value);
  return { kind: 'store', mode, flags: 0, lifeSeconds: 0, isInvalidating: false, value: bytes, ...more };
}

export function incr(delta: bigint, more: Partial<OperationOf<'arithmetic'>> = {}): OperationOf<'arithmetic'> {
  return { kind: 'arithmetic', direction: 'incr', delta, ...more };
}

export function json(value: unknown): Content {
  return { contentType: 'application/json', flags: 0, payload: Buffer.from(JSON.stringify(value)) };
}

export interface ItemSetup {
  readonly engine: Engine;
  readonly store: FakeStore;
  readonly clock: FakeClock;
  readonly run: (command: OwnerCommand) => Promise<Reply>;
  /** Executes an operation on a key that is no session's, which must be answered. */
  readonly ask: (operation: ItemOperation, id?: string) => Promise<ItemAnswer>;
  /** The same on a session. */
  readonly askSession: (operation: ItemOperation, id?: string) => Promise<ItemAnswer>;
  /** Reads as a meta client without leaving a trace: the hit. */
  readonly peek: (id?: string) => Promise<AnswerOf<'hit'>>;
}

/** An engine over a store that fails on command, on a clock that stands still. */
export function setUpItems({
  clock = new FakeClock(),
  session = {},
  at = 'a',
  hotMegabytes = 0,
}: { clock?: FakeClock; session?: Partial<SessionConfig>; at?: string; hotMegabytes?: number } = {}): ItemSetup {
  const log = pino({ level: 'silent' });
  const fake = new FakeStore(clock);
  const config = { ...SESSION, ...session };
  const engine = new Engine({
    letter: letter(at),
    ids: IDS,
    vault: new Vault({ store: fake, recall: new Recall(1000), hot: new HotRecords(hotMegabytes), clock, log }),
    turns: new Turns(8),
    locks: new Locks(clock, config.lockSeconds * 1000, 8),
    versions: new Versions(clock.now()),
    session: config,
    allowsFlush: true,
    work: new LongWork(),
    clock,
    log,
  });
  const run = (command: OwnerCommand): Promise<Reply> =>
    Promise.resolve(engine.execute(command, clock.monotonic() + 250));
  const asker =
    (isSession: boolean) =>
    async (operation: ItemOperation, id = ID): Promise<ItemAnswer> =>
      answerOf(await run({ kind: 'item', id, isSession, operation }));
  const ask = asker(false);
  const peek = async (id = ID): Promise<AnswerOf<'hit'>> => hitOf(await ask({ kind: 'inspect' }, id));
  return { engine, store: fake, clock, run, ask, askSession: asker(true), peek };
}

/** The answer, which there must be. */
export function answerOf(reply: Reply): ItemAnswer {
  if (reply.kind !== 'answered') throw new TypeError(`expected an answer, got ${JSON.stringify(reply)}`);
  return reply.answer;
}

/** The hit, which it must be. */
export function hitOf(answer: ItemAnswer): AnswerOf<'hit'> {
  if (answer.kind !== 'hit') throw new TypeError(`expected a hit, got ${answer.kind}`);
  return answer;
}

/** The cas of what was stored, which it must have been. */
export function casOf(answer: ItemAnswer): number {
  if (!('cas' in answer)) throw new TypeError(`expected a cas, got ${answer.kind}`);
  return answer.cas;
}

/** The value of a hit as text; any other answer as its kind in brackets. */
export function text(answer: ItemAnswer): string {
  return answer.kind === 'hit' ? answer.value.toString() : `(${answer.kind})`;
}
