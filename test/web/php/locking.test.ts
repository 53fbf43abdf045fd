import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildGate, type Gate } from '../../support/gate.ts';
import { Visitor } from '../../support/visitor.ts';
import { at, idOf, PhpSite } from './php-site.ts';

const LOCK_SECONDS = 2;

let gate: Gate;

beforeEach(async () => {
  gate = await buildGate();
  return () => gate.close();
});

describe('PHP session locks', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open({}, { config: { session: { lockSeconds: LOCK_SECONDS } } });
    return () => site.close();
  });

  test.each([20, 50])('%d parallel requests of one visitor over three hosts lose no increment', async (count) => {
    const visitor = await site.visitorOf('a');
    const visits = Array.from({ length: count }, (_, n) => {
      return site.visit(visitor.twin(), site.turn(n), n % 2 === 0 ? '/count' : '/count-to-the-end');
    });
    const pages = await Promise.all(visits);
    expect(pages.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    const counters = pages.map(({ body }) => Number(body['counter'])).sort((a, b) => a - b);
    expect(counters).toEqual(Array.from({ length: count }, (_, n) => n + 2));
    expect((await site.visit(visitor, 'b', '/read')).body['counter']).toBe(count + 1);
  });

  test('50 parallel requests that each set a key of their own lose none', async () => {
    const visitor = await site.visitorOf('b');
    const keys = Array.from({ length: 50 }, (_, n) => `key ${n}`);
    await Promise.all(
      keys.map((key, n) => site.visit(visitor.twin(), site.turn(n), `/set?key=${encodeURIComponent(key)}&value=${n}`)),
    );
    const { session } = (await site.visit(visitor, 'c', '/read')).body;
    expect(session).toEqual({ counter: 1, ...Object.fromEntries(keys.map((key, n) => [key, n])) });
  });

  test('a page waits for the one that has the session, on another host as well', async () => {
    const visitor = await site.visitorOf('b');
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    const waiting = site.visit(visitor, 'c', '/count');
    gate.open();
    expect((await slow).body['session']).toEqual({ counter: 2 });
    expect((await waiting).body['counter']).toBe(3);
  });

  test('read_and_close has the session no longer than it takes to read it', async () => {
    const visitor = await site.visitorOf('b');
    const reader = site.visit(visitor.twin(), 'a', at('/read-and-close', gate.url));
    await gate.arrived;
    expect((await site.visit(visitor, 'c', '/count')).body['counter']).toBe(2);
    gate.open();
    expect((await reader).body['counter']).toBe(1);
  });

  test.each([
    '/abort',
    '/destroy',
    '/regenerate',
    '/throw',
    '/fatal',
    '/closure',
    '/closure-closed',
    '/create-id',
    '/twice',
  ])('after %s the session is free at once', async (path) => {
    const visitor = await site.visitorOf('b');
    const other = visitor.twin();
    await site.visit(visitor, 'a', path);
    // Under the id from before, which the page may have changed.
    const opened = await site.cluster
      .node('c')
      .client.call('POST', '/v1/sessions/open', { id: idOf(other), lock: { waitMs: 0 } });
    expect(opened.status).toBe(200);
  });

  test('a page can start its session again after it has closed it', async () => {
    expect((await site.visit(new Visitor(), 'a', '/twice')).body['counter']).toBe(2);
  });

  test('the session of a page that was killed is free when its lock expires', async () => {
    const visitor = await site.visitorOf('b');
    await expect(site.visit(visitor.twin(), 'a', '/die')).rejects.toThrow();
    const page = await site.visit(visitor, 'c', '/count');
    expect(page.body, page.text).toMatchObject({ counter: 2, complaints: [] });
  });

  test('a page that outlives its lock saves nothing over what another has written since', async () => {
    const visitor = await site.visitorOf('b');
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    expect((await site.visit(visitor, 'c', '/count')).body['counter']).toBe(2);
    expect((await site.visit(visitor, 'c', '/count')).body['counter']).toBe(3);
    gate.open();
    expect((await slow).body['complaints']).toEqual([expect.stringContaining('session.lockSeconds')]);
    expect((await site.visit(visitor, 'b', '/read')).body['counter']).toBe(3);
  });

  test('a page that outlives its lock while nobody else wants the session saves as usual', async () => {
    const visitor = await site.visitorOf('b');
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    // The lock is free as soon as somebody else is given it; a look at it writes nothing.
    const opened = await site.cluster
      .node('c')
      .client.call('POST', '/v1/sessions/open', { id: idOf(visitor), lock: { waitMs: 10_000 } });
    const { token } = opened.body['lock'] as { token: string };
    await site.cluster.node('c').client.call('POST', `/v1/sessions/${idOf(visitor)}/unlock`, { token });
    gate.open();
    expect((await slow).body['complaints']).toEqual([]);
    expect((await site.visit(visitor, 'b', '/read')).body['counter']).toBe(2);
  });
});

describe('PHP session locks, settings', () => {
  test('whoever waits in vain for maglia.lock_wait gets an exception that says so', async () => {
    const site = await PhpSite.open({ 'maglia.lock_wait': 0.3 }, { letters: ['a'] });
    try {
      const visitor = await site.visitorOf('a');
      const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
      await gate.arrived;
      const page = await site.visit(visitor.twin(), 'a', '/count');
      expect(page.status).toBe(500);
      expect(page.body).toMatchObject({ error: 'Maglia\\LockTimeout' });
      expect(page.body['message']).toContain('LOCK_TIMEOUT');
      gate.open();
      expect((await slow).body['session']).toEqual({ counter: 2 });
      expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(3);
    } finally {
      await site.close();
    }
  });

  test('without maglia.lock parallel pages do not wait, and still keep the keys that each of them changed', async () => {
    const site = await PhpSite.open({ 'maglia.lock': 'off' }, { letters: ['a'] });
    try {
      const visitor = await site.visitorOf('a');
      const slow = site.visit(visitor.twin(), 'a', at('/slow?key=slow', gate.url));
      await gate.arrived;
      expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(2);
      gate.open();
      await slow;
      expect((await site.visit(visitor, 'a', '/read')).body['session']).toEqual({ counter: 2, slow: 1 });
    } finally {
      await site.close();
    }
  });
});
