import { EventEmitter } from 'node:events';
import session, { type SessionData } from 'express-session';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MagliaStore, SessionFormatError, SessionLostError } from '../../../src/clients/express-store.ts';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { until } from '../../support/until.ts';
import { PATIENT_MS } from './express-site.ts';

/*
 * What express-session's README asks of a store, called as it calls: without a request, and with plain objects.
 */
describe("express-session's contract with a store", () => {
  let cluster: Cluster;
  let store: MagliaStore;

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a', 'b'], store: 'memory', config: CALM });
  });
  afterAll(() => cluster.close());

  beforeEach(() => {
    store = new MagliaStore({ url: cluster.node('a').http, deadlineMs: PATIENT_MS });
  });
  afterEach(() => store.close());

  /** An id, as a request gets it. */
  async function newId(): Promise<string> {
    await answered((settle) => store.ready(undefined, undefined, settle));
    return store.genid({ headers: {} });
  }

  function get(id: string): Promise<SessionData | null | undefined> {
    return answered((settle) => store.get(id, settle));
  }

  function call(method: 'set' | 'touch', id: string, contents: SessionData): Promise<void> {
    return answered((settle) => store[method](id, contents, settle));
  }

  function destroy(id: string): Promise<void> {
    return answered((settle) => store.destroy(id, settle));
  }

  async function ttlOf(id: string): Promise<unknown> {
    return (await cluster.node('b').client.get(id)).body['ttlSeconds'];
  }

  /** A session object as express-session would hand it over. */
  function stored(contents: Record<string, unknown>, cookie: Partial<session.CookieOptions> = {}): SessionData {
    const whole = Object.assign(new session.Cookie(), cookie);
    return { cookie: whole, ...contents };
  }

  test('it is an EventEmitter and a Store', () => {
    expect(store).toBeInstanceOf(EventEmitter);
    expect(store).toBeInstanceOf(session.Store);
  });

  test('it has the required and recommended methods, and none of the optional ones', () => {
    const typesOf = (names: string[]): string[] => names.map((name) => typeof Reflect.get(store, name));
    expect(typesOf(['get', 'set', 'destroy', 'touch'])).toEqual(Array(4).fill('function'));
    expect(typesOf(['all', 'length', 'clear'])).toEqual(Array(3).fill('undefined'));
  });

  test('get of what nobody minted, malformed or not, is nothing and no error', async () => {
    expect(await get(`a${'0'.repeat(26)}`)).toBeUndefined();
    expect(await get('vU6tQ-QYb2lPz_Kd3ExYGMzqBNnLh5H5')).toBeUndefined();
    expect(await get('')).toBeUndefined();
  });

  test('set, then get: the contents are there, and a cookie with them', async () => {
    const id = await newId();
    const contents = { text: 'año 🧶', number: 1.5, yes: true, nothing: null, list: [1, null], tree: { a: { b: {} } } };
    await call('set', id, stored(contents));
    const found = await get(id);
    expect({ ...found }).toEqual({ ...contents, cookie: {} });
    expect(JSON.parse(JSON.stringify(found))).toEqual({ ...contents, cookie: {} });
  });

  test('set of another object replaces what was there', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1, b: 1 }));
    await call('set', id, stored({ a: 2 }));
    expect({ ...(await get(id)) }).toEqual({ a: 2, cookie: {} });
  });

  test('set of what get gave writes what was changed', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1, b: 1 }));
    const found = await get(id);
    if (!found) throw new Error('it is gone');
    await call('set', id, stored({ a: 1, b: 1, c: 1 }));
    delete found['b'];
    found['a'] = 2;
    await call('set', id, found);
    expect({ ...(await get(id)) }).toEqual({ a: 2, c: 1, cookie: {} });
    // And again, with what it has become.
    found['d'] = 1;
    await call('set', id, found);
    expect({ ...(await get(id)) }).toEqual({ a: 2, c: 1, d: 1, cookie: {} });
  });

  test('values that JSON does not have become what JSON.stringify makes of them', async () => {
    const id = await newId();
    await call('set', id, stored({ at: new Date(0), gone: undefined, call: () => 1 }));
    expect({ ...(await get(id)) }).toEqual({ at: '1970-01-01T00:00:00.000Z', cookie: {} });
  });

  test('what cannot be written as JSON at all is an error of set', async () => {
    const id = await newId();
    await expect(call('set', id, stored({ big: 10n }))).rejects.toThrow(TypeError);
  });

  test('set under an id that no daemon minted is refused', async () => {
    await expect(call('set', 'vU6tQ-QYb2lPz_Kd3ExYGMzqBNnLh5H5', stored({}))).rejects.toMatchObject({
      code: 'MALFORMED_ID',
    });
    const unknown = call('set', `a${'0'.repeat(26)}`, stored({ a: 1 }));
    await expect(unknown).rejects.toThrow(SessionLostError);
    await expect(unknown).rejects.toMatchObject({ code: 'SESSION_LOST', reason: 'unknown' });
  });

  test('destroy ends a session, and is no error where there is none', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1 }));
    await destroy(id);
    expect(await get(id)).toBeUndefined();
    await destroy(id);
    await destroy('never was');
    await call('set', id, stored({ late: true }));
    expect(await get(id)).toBeUndefined();
  });

  test('touch extends the life and writes no data', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1 }, { maxAge: 60_000 }));
    const before = (await cluster.node('b').client.get(id)).body;
    await call('touch', id, stored({ a: 'not to be written' }, { maxAge: 600_000 }));
    const after = (await cluster.node('b').client.get(id)).body;
    expect(after['version']).toBe(before['version']);
    expect(after['data']).toEqual(before['data']);
    expect(before['ttlSeconds']).toBeLessThanOrEqual(60);
    expect(after['ttlSeconds']).toBeGreaterThan(590);
  });

  test('touch of a session that is gone is no error, and does not bring it back', async () => {
    const id = await newId();
    await destroy(id);
    await call('touch', id, stored({ a: 1 }));
    expect(await get(id)).toBeUndefined();
  });

  test('a session lives as long as its cookie; one without an end as long as the daemon says', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1 }, { maxAge: 7200_000 }));
    expect(await ttlOf(id)).toBeGreaterThan(7190);
    await call('set', id, stored({ a: 1 }));
    expect(await ttlOf(id)).toBeGreaterThan(1430);
    expect(await ttlOf(id)).toBeLessThanOrEqual(1440);
    // Longer than a daemon keeps anything.
    await call('set', id, stored({ a: 1 }, { maxAge: 400 * 86_400_000 }));
    expect(await ttlOf(id)).toBeGreaterThan(364 * 86_400);
  });

  test('a cookie of ten years and more is cut to the longest life that the daemon gives, with one warning', async () => {
    const warnings: unknown[] = [];
    const collect = (warning: Error): void => {
      if (Reflect.get(warning, 'code') === 'MAGLIA_LIFE_CUT') warnings.push(warning.message);
    };
    process.on('warning', collect);
    try {
      for (const years of [10, 68]) {
        const id = await newId();
        await call('set', id, stored({ a: 1 }, { maxAge: years * 31_536_000_000 }));
        expect(await ttlOf(id)).toBeGreaterThan(31_535_940);
        await call('touch', id, stored({ a: 1 }, { maxAge: years * 31_536_000_000 }));
        expect(await ttlOf(id)).toBeLessThanOrEqual(31_536_000);
      }
      await until('it is said', () => warnings.length > 0);
      expect(warnings).toEqual([expect.stringContaining('at most 31536000')]);
    } finally {
      process.off('warning', collect);
    }
  });

  test('a session is gone when its cookie has expired', async () => {
    const id = await newId();
    await call('set', id, stored({ a: 1 }, { maxAge: 1000 }));
    expect(await get(id)).toBeDefined();
    await until('it expires', async () => (await get(id)) === undefined);
    const other = await newId();
    await call('set', other, stored({ a: 1 }));
    await call('set', other, stored({ a: 1 }, { expires: new Date(0) }));
    expect(await get(other)).toBeUndefined();
  });

  test('a session that is no JSON object is an error, not a miss', async () => {
    const id = await newId();
    await cluster.node('a').client.put(id, ['a', 'list']);
    await expect(get(id)).rejects.toThrow(SessionFormatError);
  });

  test('without a callback nothing is thrown', async () => {
    const id = await newId();
    store.set(id, stored({ a: 1 }));
    await until('it is written', async () => (await get(id))?.['a'] === 1);
    store.touch(id, stored({}));
    store.destroy(id);
    store.set('no id at all', stored({}));
    await until('it is destroyed', async () => (await get(id)) === undefined);
  });

  test('an id that lies ready is nobody else’s', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 200; n += 1) ids.add(await newId());
    expect(ids.size).toBe(200);
  });
});

function answered<T>(ask: (settle: (error?: unknown, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, value) => {
      if (error instanceof Error) reject(error);
      else resolve(value as T);
    });
  });
}
