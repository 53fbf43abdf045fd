import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildGate, type Gate } from '../../support/gate.ts';
import { Visitor } from '../../support/visitor.ts';
import { at, COOKIE, idOf, PhpSite, startPhp } from './php-site.ts';

const OTHERS = {
  _express: { cookie: { originalMaxAge: null, flags: {}, list: [] } },
  _auth_user_id: '7',
  huge: 1e300,
  name: 'Žofie',
};

let gate: Gate;

beforeEach(async () => {
  gate = await buildGate();
  return () => gate.close();
});

describe('A session that PHP shares with other languages', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open();
    return () => site.close();
  });

  /** A visitor whose session somebody else has made. */
  async function visitorWith(data: unknown, ttlSeconds?: number): Promise<Visitor> {
    const visitor = new Visitor();
    visitor.setCookie(COOKIE, (await site.cluster.node('b').client.mint(data, ttlSeconds)).id);
    return visitor;
  }

  function patch(id: string, data: unknown): Promise<unknown> {
    return site.cluster.node('c').client.call('PATCH', `/v1/sessions/${id}`, { data });
  }

  test('shows all of its keys, and keeps those that PHP did not change as they were', async () => {
    const visitor = await visitorWith({ ...OTHERS, counter: 41 });
    expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(42);
    expect((await site.visit(visitor, 'c', '/read')).body['session']).toMatchObject({ name: 'Žofie' });
    expect((await site.stored(idOf(visitor)))['data']).toEqual({ ...OTHERS, counter: 42 });
    await site.visit(visitor, 'c', '/set?key=nothing&value=null');
    const { bytes } = await site.cluster.node('a').client.get(idOf(visitor));
    expect(bytes.toString()).toContain(`"data":${JSON.stringify({ ...OTHERS, counter: 42, nothing: null })}`);
  });

  test.each(['/slow?key=visits', '/slow-null'])('keeps what was written without a lock during %s', async (path) => {
    const visitor = await visitorWith({ ...OTHERS });
    const slow = site.visit(visitor, 'a', at(path, gate.url));
    await gate.arrived;
    await patch(idOf(visitor), { cart: { book: 'Momo' }, name: 'Jana' });
    gate.open();
    expect((await slow).body).toMatchObject({ complaints: [] });
    const changed = path === '/slow-null' ? { nothing: null } : { visits: 1 };
    const expected = { ...OTHERS, ...changed, cart: { book: 'Momo' }, name: 'Jana' };
    expect((await site.stored(idOf(visitor)))['data']).toEqual(expected);
  });

  test('keeps a life that is longer than PHP gives its sessions', async () => {
    const visitor = await visitorWith({}, 1_209_600);
    await site.visit(visitor, 'a', '/count');
    await site.visit(visitor, 'a', '/read');
    expect((await site.stored(idOf(visitor)))['ttlSeconds']).toBeGreaterThan(1_209_000);
  });

  test('and that holds no JSON object is refused with an exception that says so', async () => {
    const visitor = await visitorWith(['a', 'list']);
    const page = await site.visit(visitor, 'a', '/count');
    expect(page.status).toBe(500);
    expect(page.body).toMatchObject({ error: 'Maglia\\UnreadableSession' });
    expect((await site.stored(idOf(visitor)))['data']).toEqual(['a', 'list']);
  });
});

describe('maglia.format = php', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open({ 'maglia.format': 'php' }, { letters: ['a', 'b'] });
    return () => site.close();
  });

  test('keeps objects, on every host', async () => {
    const visitor = new Visitor();
    expect((await site.visit(visitor, 'a', '/object')).body['books']).toEqual(['Momo']);
    expect((await site.visit(visitor, 'b', '/object')).body['books']).toEqual(['Momo', 'Momo']);
    expect(await site.stored(idOf(visitor))).toMatchObject({ contentType: 'application/x-php-session' });
  });

  test('reads what was kept as JSON before', async () => {
    const visitor = new Visitor();
    visitor.setCookie(COOKIE, (await site.cluster.node('b').client.mint({ counter: 41 })).id);
    expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(42);
    expect((await site.visit(visitor, 'b', '/count')).body['counter']).toBe(43);
  });

  test('saves nothing over what another page has written since the lock ran out', async () => {
    const brief = await PhpSite.open(
      { 'maglia.format': 'php' },
      { letters: ['a'], config: { session: { lockSeconds: 1 } } },
    );
    try {
      const visitor = await brief.visitorOf('a');
      const slow = brief.visit(visitor.twin(), 'a', at('/slow', gate.url));
      await gate.arrived;
      expect((await brief.visit(visitor, 'a', '/count')).body['counter']).toBe(2);
      gate.open();
      expect((await slow).body['complaints']).toEqual([expect.stringContaining('session.lockSeconds')]);
      expect((await brief.visit(visitor, 'a', '/read')).body['counter']).toBe(2);
    } finally {
      await brief.close();
    }
  });

  test('is not read by an application that keeps JSON: it unserializes nothing', async () => {
    const visitor = await site.visitorOf('a');
    const json = await startPhp({ 'maglia.url': site.cluster.node('a').http });
    try {
      const page = await visitor.visit(`${json.url}/count`);
      expect(page.body).toMatchObject({ error: 'Maglia\\UnreadableSession' });
      expect(page.body['message']).toContain('application/x-php-session');
    } finally {
      await json.stop();
    }
    expect((await site.visit(visitor, 'b', '/count')).body['counter']).toBe(2);
  });
});
