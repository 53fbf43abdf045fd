import { describe, expect, test } from 'vitest';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

/** Every way in which a slower request may write. */
const WRITES = {
  put: { kind: 'put', id: ID, content: json({ slow: true }) },
  keep: { kind: 'keep', id: ID, content: json({ slow: true }) },
  patch: { kind: 'patch', id: ID, patch: Buffer.from('{"slow":true}') },
  touch: { kind: 'touch', id: ID },
  rotate: { kind: 'rotate', id: ID },
} as const satisfies Record<string, OwnerCommand>;

async function setUpDestroyed(): Promise<EngineSetup> {
  const setup = setUpEngine();
  await setup.run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
  doneOf(await setup.run({ kind: 'destroy', id: ID }));
  return setup;
}

function refusalOf(command: OwnerCommand): string {
  return command.kind === 'keep' ? 'refused DESTROYED' : 'miss destroyed';
}

describe.each(Object.values(WRITES))('S5 destroyed stays destroyed: a $kind', (command) => {
  test('after the destroy does not bring the session back', async () => {
    const { run, clock } = await setUpDestroyed();
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run(command))).toBe(refusalOf(command));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('after the store has dropped the tombstone does not either', async () => {
    const { run, store, clock } = await setUpDestroyed();
    await store.evict(ID);
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run(command))).toBe(refusalOf(command));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('after the store was lost with the tombstone does not either', async () => {
    const { run, store, recall, clock } = await setUpDestroyed();
    await store.clear();
    recall.lostAll('store-lost', clock.now() + 600_000);
    expect(summary(await run(command))).toBe(refusalOf(command));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('in line behind the destroy does not bring it back', async () => {
    const { run } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    const [destroyed, written] = await Promise.all([run({ kind: 'destroy', id: ID }), run(command)]);
    expect(destroyed.kind).toBe('done');
    expect(summary(written)).toBe(refusalOf(command));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('in line before the destroy is done, and then the session is destroyed', async () => {
    const { run, store } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    store.hold();
    const both = Promise.all([run(command), run({ kind: 'destroy', id: ID })]);
    store.resume();
    expect((await both).map(({ kind }) => kind)).toEqual(['done', 'done']);
    await run(command);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });
});

describe('S5 destroyed stays destroyed', () => {
  test.each(['put', 'keep', 'patch', 'touch'] as const)(
    'a %s that was given up and is carried out after the destroy revives nothing, for any command',
    async (kind) => {
      const { run, store } = setUpEngine();
      await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
      store.failNext('set', 'in-doubt-late');
      expect(summary(await run(WRITES[kind]))).toBe('in-doubt STORE_UNAVAILABLE');
      doneOf(await run({ kind: 'destroy', id: ID }));
      await store.applyLate();
      expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
      expect(summary(await run({ kind: 'open', id: ID }))).toBe('miss destroyed');
      expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss destroyed');
      for (const command of Object.values(WRITES)) expect(summary(await run(command))).toBe(refusalOf(command));
    },
  );

  test('a session that has expired can be destroyed as well: who read it before cannot write it then', async () => {
    const { run, clock } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }), ttlSeconds: 10 });
    clock.advance(10_000);
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss expired');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
    expect(summary(await run(WRITES.keep))).toBe('refused DESTROYED');
  });

  test('a destroy of nothing that cannot be stored is no miss (S3), and can be sent again', async () => {
    const { run, store } = setUpEngine();
    store.failNext('set', 'unavailable');
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('unavailable STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss unknown');
    expect(summary(await run(WRITES.keep))).toBe('refused DESTROYED');
  });

  test('destroyed once more, it stays so for as long again', async () => {
    const { run, clock } = await setUpDestroyed();
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss destroyed');
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run(WRITES.keep))).toBe('refused DESTROYED');
  });

  test('a late write is not answered after the tombstone has run out either', async () => {
    const { run, store, clock } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    store.failNext('set', 'in-doubt-late');
    await run(WRITES.put);
    await run({ kind: 'destroy', id: ID });
    clock.advance(SESSION.tombstoneSeconds * 1000);
    await store.applyLate();
    expect((await run({ kind: 'get', id: ID })).kind).toBe('miss');
    expect((await run(WRITES.put)).kind).toBe('miss');
  });

  test('a destroy in doubt that its retry finds done holds against a late write as well', async () => {
    const { run, store } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    store.failNext('set', 'in-doubt-late', 'in-doubt-applied');
    expect(summary(await run(WRITES.put))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss destroyed');
    await store.applyLate();
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
    expect(summary(await run(WRITES.keep))).toBe('refused DESTROYED');
  });

  test('the tombstone is a record in the store, so that it outlives the daemon', async () => {
    const { store, clock } = await setUpDestroyed();
    const tombstone = await store.peek(ID);
    clock.advance(1000);
    const next = setUpEngine({ clock, incarnation: clock.now() });
    await next.store.plant(ID, tombstone ?? Buffer.alloc(0));
    expect(summary(await next.run({ kind: 'get', id: ID }))).toBe('miss destroyed');
    for (const command of Object.values(WRITES)) expect(summary(await next.run(command))).toBe(refusalOf(command));
  });

  test('when the tombstone has run out, a client that keeps its id may begin anew', async () => {
    const { run, clock } = await setUpDestroyed();
    clock.advance(SESSION.tombstoneSeconds * 1000);
    expect((await run(WRITES.keep)).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"slow":true}');
  });

  test('versions go on above the destroyed one, so that no old If-Match fits', async () => {
    const { run, clock } = await setUpDestroyed();
    clock.advance(SESSION.tombstoneSeconds * 1000 + 120_000);
    const before = clock.now() * 1000;
    const kept = doneOf(await run(WRITES.keep));
    const again = doneOf(await run(WRITES.put));
    expect(again.version).toBeGreaterThan(kept.version);
    expect(kept.version).toBeLessThan(before);
  });
});
