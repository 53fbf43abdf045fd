import { describe, expect, test } from 'vitest';
import { doneOf, ID, json, QUEUE_LIMIT, setUpEngine, summary } from './engine-setup.ts';

describe('S6 bounded: the line of one session', () => {
  test('the commands on one session are carried out in the order in which they came', async () => {
    const { run, store } = setUpEngine();
    store.hold();
    const replies = Promise.all([
      run({ kind: 'keep', id: ID, content: json({ n: 1 }) }),
      run({ kind: 'get', id: ID }),
      run({ kind: 'put', id: ID, content: json({ n: 2 }) }),
      run({ kind: 'get', id: ID }),
      run({ kind: 'destroy', id: ID }),
      run({ kind: 'get', id: ID }),
    ]);
    store.resume();
    expect((await replies).map(summary)).toEqual([
      'done',
      'done {"n":1}',
      'done',
      'done {"n":2}',
      'done',
      'miss destroyed',
    ]);
  });

  test('the sessions do not wait for each other', async () => {
    const { engine, run, store, turns, clock } = setUpEngine();
    await run({ kind: 'keep', id: 'other', content: json({ n: 1 }) });
    let end: () => void = () => undefined;
    const slow = turns.take(ID, () => new Promise<void>((resolve) => (end = resolve)));
    const waiting = engine.execute({ kind: 'get', id: ID }, clock.monotonic() + 250);
    expect(summary(await run({ kind: 'get', id: 'other' }))).toBe('done {"n":1}');
    expect(store.asked).not.toContain(`get ${ID}`);
    end();
    await slow;
    expect(summary(await waiting)).toBe('miss unknown');
  });

  test('a command whose deadline passed before its turn is unavailable, and nothing of it is done', async () => {
    const { engine, run, store, clock } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    store.hold();
    const first = engine.execute({ kind: 'get', id: ID }, clock.monotonic() + 250);
    const late = engine.execute({ kind: 'put', id: ID, content: json({ n: 2 }) }, clock.monotonic() + 250);
    const later = engine.execute({ kind: 'get', id: ID }, clock.monotonic() + 251);
    const asked = store.asked.length;
    clock.advance(250);
    store.resume();
    expect(summary(await first)).toBe('done {"n":1}');
    expect(summary(await late)).toBe('unavailable DEADLINE');
    expect(summary(await later)).toBe('done {"n":1}');
    expect(store.asked.slice(asked)).toEqual([`get ${ID}`]);
  });

  test('a full line refuses the next command with SESSION_BUSY, and takes one again when it has moved', async () => {
    const { run, store } = setUpEngine();
    store.hold();
    const line = Array.from({ length: QUEUE_LIMIT }, () => run({ kind: 'get', id: ID }));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('refused SESSION_BUSY');
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('refused SESSION_BUSY');
    const other = run({ kind: 'get', id: 'other' });
    store.resume();
    expect((await Promise.all([...line, other])).map(summary)).toEqual(Array(QUEUE_LIMIT + 1).fill('miss unknown'));
    expect((await run({ kind: 'get', id: ID })).kind).toBe('miss');
  });

  test('no session is remembered by its line when the line is empty', async () => {
    const { run, store, turns } = setUpEngine();
    store.failNext('get', 'unavailable', 'in-doubt');
    for (let number = 0; number < 50; number += 1) await run({ kind: 'get', id: `k${number}` });
    expect(turns.size).toBe(0);
  });

  test('what is no failure of the store is not taken for one: a mistake of ours comes out, and the line goes on', async () => {
    const { run } = setUpEngine();
    const content = { contentType: 't'.repeat(256), flags: 0, payload: Buffer.alloc(0) };
    await expect(run({ kind: 'keep', id: ID, content })).rejects.toThrow('255');
    expect(doneOf(await run({ kind: 'keep', id: ID, content: json({}) })).id).toBe(ID);
  });
});
