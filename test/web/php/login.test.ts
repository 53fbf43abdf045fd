import { beforeAll, describe, expect, test } from 'vitest';
import { buildGate } from '../../support/gate.ts';
import { at, idOf, PhpSite } from './php-site.ts';

const HOSTS = ['a', 'b', 'c'];

describe('PHP, a new id at login', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open();
    return () => site.close();
  });

  test('session_regenerate_id(true) keeps what is in the session, and the old id is dead on every host', async () => {
    const visitor = await site.visitorOf('b');
    const thief = visitor.twin();
    const old = idOf(visitor);

    const login = await site.visit(visitor, 'a', '/regenerate?delete');
    expect(login.body, login.text).toMatchObject({ session: { counter: 11, user: 'ana' }, complaints: [] });
    expect(idOf(visitor)).toMatch(/^a/);
    expect((await site.visit(visitor, 'c', '/count')).body['counter']).toBe(12);

    for (const host of HOSTS) {
      expect((await site.cluster.node(host).client.get(old)).body).toMatchObject({ reason: 'destroyed' });
      const stolen = thief.twin();
      expect((await site.visit(stolen, host, '/read')).body).toMatchObject({ session: [], complaints: [] });
      expect(idOf(stolen)).not.toBe(old);
    }
  });

  test('session_regenerate_id(false) leaves the old session as it was at that moment', async () => {
    const visitor = await site.visitorOf('b');
    const otherTab = visitor.twin();
    await site.visit(visitor, 'a', '/regenerate');
    expect(idOf(visitor)).not.toBe(idOf(otherTab));
    expect((await site.visit(visitor, 'c', '/read')).body['session']).toEqual({ counter: 11, user: 'ana' });
    expect((await site.visit(otherTab, 'c', '/read')).body['session']).toEqual({ counter: 11 });
  });

  test('an id from session_create_id() can be moved to', async () => {
    const visitor = await site.visitorOf('b');
    const { body } = await site.visit(visitor, 'a', '/create-id');
    expect(body).toMatchObject({ complaints: [], id: body['new'] });
    expect(idOf(visitor)).toBe(body['new']);
    expect((await site.visit(visitor, 'c', '/read')).body['session']).toEqual({ from: body['old'] });
    expect((await site.stored(String(body['old'])))['data']).toEqual({ counter: 2 });
  });

  test('an id of its own making, without strict mode, is refused with an exception that says why', async () => {
    const visitor = await site.visitorOf('b');
    const page = await site.visit(visitor, 'a', '/prefixed-id');
    expect(page.status).toBe(500);
    expect(page.body).toMatchObject({ error: 'Maglia\\ConfigurationError' });
    expect(page.body['message']).toContain('strict_mode');
  });

  test('session_destroy() ends the session on every host', async () => {
    const visitor = await site.visitorOf('b');
    const otherTab = visitor.twin();
    expect((await site.visit(visitor, 'a', '/destroy')).body).toMatchObject({ complaints: [] });
    for (const host of HOSTS) {
      expect((await site.visit(otherTab.twin(), host, '/read')).body).toMatchObject({ session: [], complaints: [] });
    }
    expect((await site.visit(otherTab, 'c', '/count')).body['counter']).toBe(1);
    expect(idOf(otherTab)).not.toBe(idOf(visitor));
  });

  test('a session that is started right after session_destroy() is another one', async () => {
    const visitor = await site.visitorOf('b');
    const old = idOf(visitor);
    const page = await site.visit(visitor, 'a', '/destroy-and-start');
    expect(page.body).toMatchObject({ complaints: [] });
    expect(idOf(visitor)).not.toBe(old);
    expect((await site.visit(visitor, 'c', '/read')).body['session']).toEqual({ counter: 100 });
  });

  test('requests that queued for a session which was destroyed meanwhile start afresh', async () => {
    const gate = await buildGate();
    const visitor = await site.visitorOf('b');
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    const queued = Array.from({ length: 3 }, () => visitor.twin());
    const waiting = queued.map((tab, n) => site.visit(tab, HOSTS[n] ?? 'a', '/count'));
    await site.cluster.node('b').client.destroy(idOf(visitor));
    gate.open();
    expect((await slow).body['complaints']).toEqual([]);
    expect((await Promise.all(waiting)).map(({ body }) => body['counter'])).toEqual([1, 1, 1]);
    await gate.close();
  });
});

describe('PHP without locks, a slower page', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open({ 'maglia.lock': 'off' });
    return () => site.close();
  });

  test.each(['/regenerate?delete', '/destroy'])('S5: does not bring back what %s ended', async (path) => {
    const gate = await buildGate();
    const visitor = await site.visitorOf('b');
    const old = idOf(visitor);
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    await site.visit(visitor, 'c', path);
    gate.open();
    const page = await slow;
    expect(page.status, page.text).toBe(200);
    expect(page.body['complaints']).toEqual([]);
    for (const host of HOSTS) {
      expect((await site.cluster.node(host).client.get(old)).body).toMatchObject({ reason: 'destroyed' });
    }
    await gate.close();
  });
});
