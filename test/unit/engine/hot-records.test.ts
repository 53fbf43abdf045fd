import { describe, expect, test } from 'vitest';
import { HotRecords, type FoundRecord } from '../../../src/engine/hot-records.ts';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

function found(id: string, payload: Buffer, version = 1): FoundRecord {
  const content = { contentType: 'application/octet-stream', flags: 0, payload };
  return { kind: 'record', record: { kind: 'live', id, version, expiresAt: 1, ttlSeconds: 60, content } };
}

/** A payload in memory of its own. */
function payloadOf(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes).fill('x');
}

describe('hot records', () => {
  test('are found as they were kept last', () => {
    const hot = new HotRecords(1);
    hot.keep(found('a1', payloadOf(10)), hot.age);
    hot.keep(found('a1', payloadOf(10), 2), hot.age);
    expect(hot.find('a1')?.record.version).toBe(2);
    expect(hot.find('a2')).toBeUndefined();
  });

  test('are forgotten by id, or all at once', () => {
    const hot = new HotRecords(1);
    for (const id of ['a1', 'a2', 'a3']) hot.keep(found(id, payloadOf(10)), hot.age);
    hot.forget('a1');
    expect([hot.find('a1'), hot.find('a2')?.record.id]).toEqual([undefined, 'a2']);
    hot.forgetAll();
    expect([hot.find('a2'), hot.find('a3')]).toEqual([undefined, undefined]);
  });

  test('do not take what was asked of the store before all was forgotten', () => {
    const hot = new HotRecords(1);
    const { age } = hot;
    hot.forgetAll();
    hot.keep(found('a1', payloadOf(10)), age);
    expect(hot.find('a1')).toBeUndefined();
  });

  test('S6 bounded in bytes: what was kept longest ago goes, and what is too large is not taken', () => {
    const hot = new HotRecords(1);
    const ids = Array.from({ length: 20 }, (_, n) => `a${n}`);
    for (const id of ids) hot.keep(found(id, payloadOf(100_000)), hot.age);
    const kept = ids.filter((id) => hot.find(id) !== undefined);
    expect(kept).toEqual(ids.slice(10));
    hot.keep(found('a19', payloadOf(2_000_000), 2), hot.age);
    expect(hot.find('a19')).toBeUndefined();
  });

  test('S6 bounded in bytes: a part of a large chunk is copied, and does not keep the chunk', () => {
    const hot = new HotRecords(1);
    const chunk = payloadOf(65_536);
    hot.keep(found('a1', chunk.subarray(100, 700)), hot.age);
    const payload = hot.find('a1')?.record.content?.payload;
    expect(payload?.equals(chunk.subarray(100, 700))).toBe(true);
    expect(payload?.buffer.byteLength).toBe(600);
  });

  test('are none at all with 0 megabytes', () => {
    const hot = new HotRecords(0);
    hot.keep(found('a1', payloadOf(10)), hot.age);
    expect(hot.find('a1')).toBeUndefined();
  });
});

const GET: OwnerCommand = { kind: 'get', id: ID };

function put(value: unknown): OwnerCommand {
  return { kind: 'put', id: ID, content: json(value) };
}

async function setUpHot(): Promise<EngineSetup> {
  const setup = setUpEngine({ hotMegabytes: 1 });
  await setup.run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
  setup.store.asked.length = 0;
  return setup;
}

describe('an engine with hot records', () => {
  test('answers what it has stored at once, without asking the store', async () => {
    const { clock, engine, run, store } = await setUpHot();
    expect(engine.execute(GET, clock.monotonic() + 250)).toMatchObject({ kind: 'done' });
    await run(put({ n: 2 }));
    expect(summary(await run(GET))).toBe('done {"n":2}');
    expect(store.asked).toEqual([`set ${ID}`]);
  });

  test('asks the store once for what it has not at hand', async () => {
    const { clock, run, store } = await setUpHot();
    const next = setUpEngine({ clock, hotMegabytes: 1 });
    await next.store.plant(ID, (await store.peek(ID)) ?? Buffer.alloc(0));
    for (let reads = 0; reads < 3; reads += 1) expect(summary(await next.run(GET))).toBe('done {"n":1}');
    expect(next.store.asked).toEqual([`get ${ID}`]);
    expect(summary(await run(GET))).toBe('done {"n":1}');
  });

  test('S1 never old: after a write in doubt it asks the store what there is', async () => {
    const { run, store } = await setUpHot();
    store.failNext('set', 'in-doubt', 'in-doubt-applied');
    expect(summary(await run(put({ n: 2 })))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(summary(await run(GET))).toBe('done {"n":1}');
    expect(summary(await run(put({ n: 3 })))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(summary(await run(GET))).toBe('done {"n":3}');
  });

  test('S5 destroyed stays destroyed, and what is over is over', async () => {
    const { clock, run } = await setUpHot();
    doneOf(await run({ kind: 'destroy', id: ID }));
    expect(summary(await run(GET))).toBe('miss destroyed');
    expect(summary(await run({ kind: 'keep', id: ID, content: json({ n: 2 }) }))).toBe('refused DESTROYED');
    clock.advance(SESSION.tombstoneSeconds * 1000);
    doneOf(await run({ kind: 'keep', id: ID, content: json({ n: 3 }) }));
    clock.advance(SESSION.ttlSeconds * 1000);
    expect(summary(await run(GET))).toBe('miss expired');
  });

  test('that drops all its sessions has none at hand either, also what was being stored meanwhile', async () => {
    const { engine, run, store } = await setUpHot();
    store.hold();
    const storing = run(put({ n: 2 }));
    const wiping = engine.wipe();
    store.resume();
    await Promise.all([storing, wiping]);
    expect(summary(await run(GET))).toBe('miss owner-dead');
    const flushed = await setUpHot();
    doneOf(await flushed.run({ kind: 'flush', id: 'a' }));
    expect(summary(await flushed.run(GET))).toBe('miss destroyed');
  });
});
