import { describe, expect, test } from 'vitest';
import { encodeRecord } from '../../../src/session/record.ts';
import { MAX_MERGE_VALUES } from '../../../src/session/acceptable.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

async function setUpSession(value: unknown = { n: 1 }): Promise<EngineSetup & { readonly version: number }> {
  const setup = setUpEngine();
  const kept = doneOf(await setup.run({ kind: 'keep', id: ID, content: json(value) }));
  return { ...setup, version: kept.version };
}

describe('get and open', () => {
  test('answer the data, the version and what is left of its life', async () => {
    const { run, clock, version } = await setUpSession();
    clock.advance(1500);
    for (const kind of ['get', 'open'] as const) {
      expect(await run({ kind, id: ID })).toEqual({
        kind: 'done',
        id: ID,
        version,
        ttlSeconds: 599,
        content: json({ n: 1 }),
      });
    }
  });

  test('bring back bytes, flags and content type as they were given', async () => {
    const { run } = setUpEngine();
    const content = { contentType: 'application/x-php', flags: 0xdead_beef, payload: Buffer.from([0, 255, 13, 10, 0]) };
    await run({ kind: 'keep', id: ID, content });
    expect(doneOf(await run({ kind: 'get', id: ID })).content).toEqual(content);
  });

  test('do not extend the life', async () => {
    const { run, clock } = await setUpSession();
    clock.advance(599_000);
    expect((await run({ kind: 'get', id: ID })).kind).toBe('done');
    clock.advance(1000);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss expired');
  });
});

describe('S9 explained: a miss says why', () => {
  test('unknown, expired, evicted, store-lost, destroyed', async () => {
    const { run, clock, store, recall } = setUpEngine();
    const reasons: string[] = [];
    const look = async (): Promise<void> => void reasons.push(summary(await run({ kind: 'get', id: ID })));
    const keep = async (): Promise<void> => void doneOf(await run({ kind: 'keep', id: ID, content: json({}) }));

    await look();
    await keep();
    clock.advance(SESSION.ttlSeconds * 1000);
    await look();
    await keep();
    await store.evict(ID);
    await look();
    await keep();
    await store.clear();
    recall.lostAll('store-lost', clock.now() + 1000);
    await look();
    await keep();
    await run({ kind: 'destroy', id: ID });
    await look();
    expect(reasons).toEqual(['miss unknown', 'miss expired', 'miss evicted', 'miss store-lost', 'miss destroyed']);
  });

  test.each(['get', 'open', 'put', 'patch', 'touch', 'rotate'] as const)(
    '%s of a session that is not there is a miss with the reason, and leaves nothing behind',
    async (kind) => {
      const { run, store } = setUpEngine();
      const reply = await run({ kind, id: ID, content: json({}), patch: Buffer.from('{}') });
      expect(summary(reply)).toBe('miss unknown');
      await expect(store.peek(ID)).resolves.toBeUndefined();
    },
  );
});

describe('S0 yours only', () => {
  test.each(['get', 'open', 'put', 'patch', 'touch', 'rotate'] as const)(
    "%s never answers or writes over another id's record that stands under the key",
    async (kind) => {
      const { run, store, clock } = setUpEngine();
      const foreign = encodeRecord({
        kind: 'live',
        id: 'az123456789abcdefghijklmnop',
        version: 9_000_000_000_000_000,
        expiresAt: clock.now() + 60_000,
        ttlSeconds: 60,
        content: json({ secret: true }),
      });
      await store.plant(ID, foreign);
      const reply = await run({ kind, id: ID, content: json({}), patch: Buffer.from('{}') });
      expect(summary(reply)).toBe('miss store-lost');
      expect(store.asked).toEqual([`get ${ID}`]);
    },
  );
});

describe('put', () => {
  test('replaces the data, with a higher version and the life that the session had', async () => {
    const { run, clock } = setUpEngine();
    const before = doneOf(await run({ kind: 'keep', id: ID, content: json({ n: 1 }), ttlSeconds: 100 }));
    clock.advance(50_000);
    const put = doneOf(await run({ kind: 'put', id: ID, content: json({ n: 2 }) }));
    expect(put).toEqual({ kind: 'done', id: ID, version: put.version, ttlSeconds: 100 });
    expect(put.version).toBeGreaterThan(before.version);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":2}');
  });

  test('TTL 0 is the default life, and nothing lives longer than the longest', async () => {
    const { run } = await setUpSession();
    const lives: number[] = [];
    for (const ttlSeconds of [60, 0, 7200, 7201, 4_294_967_295]) {
      lives.push(doneOf(await run({ kind: 'put', id: ID, content: json({}), ttlSeconds })).ttlSeconds);
    }
    expect(lives).toEqual([60, 600, 7200, 7200, 7200]);
  });

  test('with If-Match is done on the version named, and refused on any other, with the current one', async () => {
    const { run, version } = await setUpSession();
    const put = await run({ kind: 'put', id: ID, content: json({ n: 2 }), ifVersion: version });
    const current = doneOf(put).version;
    for (const ifVersion of [version, current + 1, 0]) {
      expect(await run({ kind: 'put', id: ID, content: json({ n: 3 }), ifVersion })).toEqual({
        kind: 'refused',
        code: 'VERSION_CONFLICT',
        version: current,
      });
    }
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":2}');
  });

  test('over the limit is refused, and the session stays as it was', async () => {
    const { run } = await setUpSession();
    const content = { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(SESSION.maxBytes + 1) };
    expect(summary(await run({ kind: 'put', id: ID, content }))).toBe('refused TOO_LARGE');
    expect(summary(await run({ kind: 'keep', id: ID, content }))).toBe('refused TOO_LARGE');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
  });
});

describe('keep', () => {
  test('stores under an id whether it is known or not', async () => {
    const { run } = setUpEngine();
    const first = doneOf(await run({ kind: 'keep', id: ID, content: json({ n: 1 }), ttlSeconds: 50 }));
    expect(first.ttlSeconds).toBe(50);
    const second = doneOf(await run({ kind: 'keep', id: ID, content: json({ n: 2 }) }));
    expect(second.ttlSeconds).toBe(600);
    expect(second.version).toBeGreaterThan(first.version);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":2}');
  });

  test('takes any id that is a key, not only minted ones', async () => {
    const { run } = setUpEngine();
    await run({ kind: 'keep', id: 'PHPSESSID:!~', content: json({ n: 1 }) });
    expect(summary(await run({ kind: 'get', id: 'PHPSESSID:!~' }))).toBe('done {"n":1}');
  });
});

describe('patch', () => {
  function patchOf(value: unknown): Buffer {
    return Buffer.from(JSON.stringify(value));
  }

  test('merges, keeps content type, flags and life, and raises the version', async () => {
    const { run } = setUpEngine();
    const content = { ...json({ a: 1, b: { c: 2, d: 3 } }), contentType: 'application/vnd.shop+json; v=1', flags: 9 };
    const before = doneOf(await run({ kind: 'keep', id: ID, content, ttlSeconds: 90 }));
    const patched = doneOf(await run({ kind: 'patch', id: ID, patch: patchOf({ b: { d: null }, e: 4 }) }));
    expect(patched.version).toBeGreaterThan(before.version);
    expect(patched.ttlSeconds).toBe(90);
    const found = doneOf(await run({ kind: 'get', id: ID }));
    expect(found.content).toEqual({ ...content, payload: patchOf({ a: 1, b: { c: 2 }, e: 4 }) });
  });

  test('two callers at the same time both keep their keys', async () => {
    const { run } = await setUpSession({});
    const replies = await Promise.all([
      run({ kind: 'patch', id: ID, patch: patchOf({ cart: ['shirt'] }) }),
      run({ kind: 'patch', id: ID, patch: patchOf({ user: { name: 'Ada' } }) }),
    ]);
    expect(replies.map(({ kind }) => kind)).toEqual(['done', 'done']);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"cart":["shirt"],"user":{"name":"Ada"}}');
  });

  test('S6: refuses what has more keys and values together than are merged in a moment', async () => {
    // Each removes nothing, so that the session stays small.
    const removing = (count: number): Buffer =>
      patchOf(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, null])));
    const { run } = await setUpSession({ n: 1 });
    // A key and its value count two, and so does the session's own; of the patch the first comma is missing.
    const most = (MAX_MERGE_VALUES - 2) / 2;
    const refused = await run({ kind: 'patch', id: ID, patch: removing(most + 1) });
    expect(refused).toEqual({ kind: 'refused', code: 'TOO_MANY_KEYS' });
    expect((await run({ kind: 'patch', id: ID, patch: removing(most) })).kind).toBe('done');
  });

  test('TTL 0 is the default life', async () => {
    const { run } = await setUpSession();
    expect(doneOf(await run({ kind: 'patch', id: ID, patch: patchOf({}), ttlSeconds: 5 })).ttlSeconds).toBe(5);
    expect(doneOf(await run({ kind: 'patch', id: ID, patch: patchOf({}) })).ttlSeconds).toBe(5);
    expect(doneOf(await run({ kind: 'patch', id: ID, patch: patchOf({}), ttlSeconds: 0 })).ttlSeconds).toBe(600);
  });

  test('with If-Match is refused on another version', async () => {
    const { run, version } = await setUpSession();
    const patch = patchOf({ n: 2 });
    expect(await run({ kind: 'patch', id: ID, patch, ifVersion: version - 1 })).toEqual({
      kind: 'refused',
      code: 'VERSION_CONFLICT',
      version,
    });
    expect((await run({ kind: 'patch', id: ID, patch, ifVersion: version })).kind).toBe('done');
  });

  test('is refused where the session or the patch is no JSON object, and the session stays', async () => {
    const { run } = await setUpSession();
    for (const patch of ['[1]', '"text"', 'null', '', '{', '{"a":\u0000}']) {
      expect(summary(await run({ kind: 'patch', id: ID, patch: Buffer.from(patch) }))).toBe('refused NOT_JSON');
    }
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');

    const texts = [
      { ...json({}), contentType: 'text/plain' },
      { ...json({}), contentType: '' },
      { ...json({}), contentType: 'text/application/json' },
      json([1]),
      { ...json({}), payload: Buffer.from('not json') },
    ];
    for (const content of texts) {
      await run({ kind: 'keep', id: ID, content });
      expect(summary(await run({ kind: 'patch', id: ID, patch: patchOf({ a: 1 }) }))).toBe('refused NOT_JSON');
      expect(doneOf(await run({ kind: 'get', id: ID })).content).toEqual(content);
    }
  });

  test('is refused where the merged session would be too large', async () => {
    const { run } = await setUpSession({ a: 'x'.repeat(600) });
    expect(summary(await run({ kind: 'patch', id: ID, patch: patchOf({ b: 'y'.repeat(600) }) }))).toBe(
      'refused TOO_LARGE',
    );
    expect((await run({ kind: 'patch', id: ID, patch: patchOf({ a: 'y'.repeat(600) }) })).kind).toBe('done');
  });
});

describe('touch', () => {
  test('gives the session its life anew, and leaves data and version', async () => {
    const { run, clock, version } = await setUpSession();
    clock.advance(599_000);
    expect(await run({ kind: 'touch', id: ID })).toEqual({ kind: 'done', id: ID, version, ttlSeconds: 600 });
    clock.advance(599_000);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ version, ttlSeconds: 1, content: json({ n: 1 }) });
  });

  test('with a TTL sets the life that later touches and writes give', async () => {
    const { run } = await setUpSession();
    const lives: number[] = [];
    lives.push(doneOf(await run({ kind: 'touch', id: ID, ttlSeconds: 30 })).ttlSeconds);
    lives.push(doneOf(await run({ kind: 'touch', id: ID })).ttlSeconds);
    lives.push(doneOf(await run({ kind: 'put', id: ID, content: json({}) })).ttlSeconds);
    lives.push(doneOf(await run({ kind: 'touch', id: ID, ttlSeconds: 0 })).ttlSeconds);
    lives.push(doneOf(await run({ kind: 'touch', id: ID, ttlSeconds: 100_000 })).ttlSeconds);
    expect(lives).toEqual([30, 30, 30, 600, 7200]);
  });
});

describe('rotate', () => {
  test('gives the data a new id with our letter and its life anew', async () => {
    const { run, clock } = setUpEngine();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }), ttlSeconds: 90 });
    clock.advance(60_000);
    const rotated = doneOf(await run({ kind: 'rotate', id: ID }));
    expect(rotated.id).toMatch(/^a[0-9a-z]{26}$/);
    expect(rotated.id).not.toBe(ID);
    expect(rotated.ttlSeconds).toBe(90);
    expect(rotated).not.toHaveProperty('content');
    expect(summary(await run({ kind: 'get', id: rotated.id }))).toBe('done {"n":1}');
  });

  test('leaves the old id readable as it was for the grace, not writable, and then dead', async () => {
    const { run, clock } = await setUpSession();
    const rotated = doneOf(await run({ kind: 'rotate', id: ID }));
    await run({ kind: 'put', id: rotated.id, content: json({ n: 2 }) });
    clock.advance(29_000);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({
      kind: 'done',
      id: ID,
      ttlSeconds: 1,
      content: json({ n: 1 }),
    });
    expect(summary(await run({ kind: 'open', id: ID }))).toBe('done {"n":1}');
    for (const kind of ['put', 'patch', 'touch', 'rotate'] as const) {
      const reply = await run({ kind, id: ID, content: json({}), patch: Buffer.from('{}') });
      expect(summary(reply)).toBe('miss destroyed');
    }
    expect(summary(await run({ kind: 'keep', id: ID, content: json({}) }))).toBe('refused DESTROYED');
    clock.advance(1000);
    for (const kind of ['get', 'open', 'destroy'] as const)
      expect(summary(await run({ kind, id: ID }))).toBe('miss destroyed');
    expect(summary(await run({ kind: 'get', id: rotated.id }))).toBe('done {"n":2}');
  });

  test('S5 destroyed stays destroyed: the old id is kept from coming back for as long after its grace as any other', async () => {
    const { run, clock } = await setUpSession();
    await run({ kind: 'rotate', id: ID });
    clock.advance((SESSION.rotateGraceSeconds + SESSION.tombstoneSeconds) * 1000 - 1);
    expect(summary(await run({ kind: 'keep', id: ID, content: json({}) }))).toBe('refused DESTROYED');
    clock.advance(1);
    expect((await run({ kind: 'keep', id: ID, content: json({}) })).kind).toBe('done');
  });

  test('with grace 0 the old id is dead at once', async () => {
    const { run } = await setUpSession();
    const rotated = doneOf(await run({ kind: 'rotate', id: ID, graceSeconds: 0 }));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
    expect(summary(await run({ kind: 'get', id: rotated.id }))).toBe('done {"n":1}');
  });

  test('the old id can be destroyed in its grace, and is then dead at once', async () => {
    const { run } = await setUpSession();
    await run({ kind: 'rotate', id: ID });
    expect((await run({ kind: 'destroy', id: ID })).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('a session that just fits can be rotated with a grace', async () => {
    const { run } = setUpEngine();
    const content = { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(SESSION.maxBytes) };
    await run({ kind: 'keep', id: ID, content });
    expect((await run({ kind: 'rotate', id: ID })).kind).toBe('done');
    expect(doneOf(await run({ kind: 'get', id: ID })).content).toEqual(content);
  });

  test('where no new id could be reserved, the old session stays as it was', async () => {
    const { run, store } = await setUpSession();
    store.failNext('add', 'in-doubt-applied');
    expect(summary(await run({ kind: 'rotate', id: ID }))).toBe('unavailable STORE_UNAVAILABLE');
    expect((await run({ kind: 'put', id: ID, content: json({ n: 2 }) })).kind).toBe('done');
  });

  test('where the old one could not be buried, it is in doubt or surely not done, and the old session is whole', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt', 'unavailable');
    expect(summary(await run({ kind: 'rotate', id: ID }))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'rotate', id: ID }))).toBe('unavailable STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
  });
});

describe('destroy', () => {
  test('is done once; after that the session is a miss, destroyed', async () => {
    const { run, version } = await setUpSession();
    const destroyed = doneOf(await run({ kind: 'destroy', id: ID }));
    expect(destroyed).toMatchObject({ id: ID, ttlSeconds: 0 });
    expect(destroyed.version).toBeGreaterThan(version);
    expect(summary(await run({ kind: 'destroy', id: ID }))).toBe('miss destroyed');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });
});

describe('flush', () => {
  test('drops every session where this node allows it', async () => {
    const { run } = await setUpSession();
    expect((await run({ kind: 'flush', id: 'a' })).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('S7: is refused where this node does not allow it, also to a peer', async () => {
    const { run } = setUpEngine({ allowsFlush: false });
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    expect(summary(await run({ kind: 'flush', id: 'a' }))).toBe('refused FLUSH_NOT_ALLOWED');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
  });
});

describe('If-Match after a wrong clock', () => {
  const AHEAD_MS = 3_600_000;

  test('S1: a former life an hour ahead leaves versions that later writes exceed, so that its tags match nothing new', async () => {
    const clock = new FakeClock();
    const ahead = setUpEngine({ clock, incarnation: clock.now() + AHEAD_MS });
    const former = doneOf(await ahead.run({ kind: 'keep', id: ID, content: json({ n: 1 }) }));
    const stored = await ahead.store.get(ID);
    // Its clock was set right, and what it knew of its lives is lost.
    const { run, store } = setUpEngine({ clock });
    if (stored !== undefined) await store.set(ID, stored, 600);

    const next = doneOf(await run({ kind: 'put', id: ID, content: json({ n: 2 }), ifVersion: former.version }));
    expect(next.version).toBeGreaterThan(former.version);
    const late = await run({ kind: 'put', id: ID, content: json({ n: 3 }), ifVersion: former.version });
    expect(late).toEqual({ kind: 'refused', code: 'VERSION_CONFLICT', version: next.version });
  });

  test('S1: a session that is begun anew below them is not taken for the former one', async () => {
    const clock = new FakeClock();
    const ahead = setUpEngine({ clock, incarnation: clock.now() + AHEAD_MS });
    const former = doneOf(await ahead.run({ kind: 'keep', id: ID, content: json({ n: 1 }) }));
    const { run } = setUpEngine({ clock });
    const { version } = doneOf(await run({ kind: 'keep', id: ID, content: json({ n: 2 }) }));
    expect(version).toBeLessThan(former.version);
    const late = await run({ kind: 'patch', id: ID, patch: Buffer.from('{}'), ifVersion: former.version });
    expect(late).toEqual({ kind: 'refused', code: 'VERSION_CONFLICT', version });
  });
});
