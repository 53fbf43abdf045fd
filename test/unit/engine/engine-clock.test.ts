import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { LongWork } from '../../../src/long-work.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Locks } from '../../../src/engine/locks.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Turns } from '../../../src/engine/turns.ts';
import { Vault } from '../../../src/engine/vault.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Versions } from '../../../src/session/version.ts';
import { LifeClock } from '../../../src/store/life-clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStore } from '../../support/fake-store.ts';
import { letterOf } from '../session/letters.ts';
import { doneOf, json, SESSION, summary } from './engine-setup.ts';

const HOUR = 3_600_000;
const STEPS = [HOUR, -HOUR, 120_000, -120_000, 24 * HOUR, -24 * HOUR];

/** An engine that counts by a life clock, over a wall clock that can be set. */
function setUp(): {
  clock: FakeClock;
  run: (command: Parameters<Engine['execute']>[0]) => Promise<Reply>;
  engine: Engine;
} {
  const clock = new FakeClock();
  const lifeClock = new LifeClock({ clock, bootId: 'boot' });
  const log = pino({ level: 'silent' });
  const engine = new Engine({
    letter: letterOf('a'),
    vault: new Vault({
      store: new FakeStore(clock),
      recall: new Recall(100),
      hot: new HotRecords(0),
      clock: lifeClock,
      log,
    }),
    turns: new Turns(8),
    locks: new Locks(clock, 20_000, 8),
    versions: new Versions(clock.now()),
    session: SESSION,
    allowsFlush: true,
    work: new LongWork(),
    clock: lifeClock,
    log,
  });
  const run = async (command: Parameters<Engine['execute']>[0]): Promise<Reply> =>
    engine.execute(command, clock.monotonic() + 250);
  return { clock, engine, run };
}

describe.each(STEPS)('a wall clock that is set by %i ms', (step) => {
  test('S1 never old: ends no session early, and brings none back that has expired', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1), 120));
    clock.jump(step);
    expect(doneOf(await run({ kind: 'get', id })).ttlSeconds).toBe(120);
    clock.advance(120_000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
    clock.jump(-step);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
  });

  test('gives a session that was minted meanwhile no other life', async () => {
    const { clock, engine, run } = setUp();
    clock.jump(step);
    const { id } = doneOf(await engine.mint(json(1), 5));
    clock.jump(-step);
    clock.advance(5000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
  });

  test('S5 destroyed stays destroyed: a tombstone holds for its time', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1)));
    await run({ kind: 'destroy', id });
    clock.jump(step);
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run({ kind: 'keep', id, content: json(2), ttlSeconds: 60 }))).toBe('refused DESTROYED');
  });

  test('S5 destroyed stays destroyed: a rotated id is read for its grace and not after it', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1)));
    await run({ kind: 'rotate', id });
    clock.jump(step);
    expect(summary(await run({ kind: 'get', id }))).toBe('done 1');
    clock.advance(SESSION.rotateGraceSeconds * 1000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss destroyed');
    clock.jump(-step);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss destroyed');
  });
});
