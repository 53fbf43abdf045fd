import { describe, expect, test } from 'vitest';
import { doneOf, json, SESSION, setUpEngine, summary } from './engine-setup.ts';

describe('minting', () => {
  test('makes a session under a new id with our letter, for the default life', async () => {
    const { engine, run } = setUpEngine();
    const minted = doneOf(await engine.mint(json({ cart: [] })));
    expect(minted.id).toMatch(/^a[0-9a-z]{26}$/);
    expect(minted.ttlSeconds).toBe(SESSION.ttlSeconds);
    expect(summary(await run({ kind: 'get', id: minted.id }))).toBe('done {"cart":[]}');
  });

  test('S4 ids: reserves the id in the store, with add, before anyone sees it', async () => {
    const { engine, store } = setUpEngine();
    const minted = doneOf(await engine.mint(json({})));
    expect(store.asked).toEqual([`add ${minted.id}`]);
  });

  test('S4 ids: draws again where the id is taken, and never touches what stands there', async () => {
    const { engine, store, run } = setUpEngine();
    store.failNext('add', 'taken', 'taken');
    const minted = doneOf(await engine.mint(json({ mine: true })));
    expect(store.asked).toHaveLength(3);
    expect(store.asked[2]).toBe(`add ${minted.id}`);
    const taken = store.asked.slice(0, 2).map((asked) => asked.slice('add '.length));
    expect(new Set([...taken, minted.id]).size).toBe(3);
    for (const id of taken) await expect(store.peek(id)).resolves.toEqual(Buffer.from('somebody else'));
    expect(summary(await run({ kind: 'get', id: minted.id }))).toBe('done {"mine":true}');
  });

  test('gives up, loudly, when every id that it draws is taken', async () => {
    const { engine, store, logged } = setUpEngine();
    store.failNext('add', 'taken', 'taken', 'taken');
    expect(summary(await engine.mint(json({})))).toBe('unavailable STORE_UNAVAILABLE');
    expect(logged.join('')).toContain('random source');
  });

  test('the life is what was asked for, the default for 0 and none, and never longer than the longest', async () => {
    const { engine } = setUpEngine();
    const lives = await Promise.all(
      [undefined, 0, 1, 60, 7200, 7201, 4_000_000_000].map((ttlSeconds) => engine.mint(json({}), ttlSeconds)),
    );
    expect(lives.map((reply) => doneOf(reply).ttlSeconds)).toEqual([600, 600, 1, 60, 7200, 7200, 7200]);
  });

  test('refuses a payload over the limit without asking the store, and takes one that just fits', async () => {
    const { engine, store } = setUpEngine({ session: { maxBytes: 10 } });
    const content = { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(11) };
    expect(summary(await engine.mint(content))).toBe('refused TOO_LARGE');
    expect(store.asked).toEqual([]);
    expect((await engine.mint({ ...content, payload: Buffer.alloc(10) })).kind).toBe('done');
  });

  test('is never in doubt: an id that nobody saw does no harm', async () => {
    const { engine, store } = setUpEngine();
    store.failNext('add', 'in-doubt', 'in-doubt-applied', 'unavailable', 'too-large');
    const replies = [];
    for (let call = 0; call < 4; call += 1) replies.push(summary(await engine.mint(json({}))));
    expect(replies).toEqual([
      'unavailable STORE_UNAVAILABLE',
      'unavailable STORE_UNAVAILABLE',
      'unavailable STORE_UNAVAILABLE',
      'refused TOO_LARGE',
    ]);
  });

  test('gives a version above the incarnation, and each session another', async () => {
    const { engine, clock } = setUpEngine();
    const first = doneOf(await engine.mint(json({})));
    const second = doneOf(await engine.mint(json({})));
    expect(first.version).toBeGreaterThan(clock.now() * 1000);
    expect(second.version).toBeGreaterThan(first.version);
  });
});
