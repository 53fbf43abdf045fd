import { beforeAll, describe, expect, test } from 'vitest';
import { buildGate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import { at, idOf, PhpSite } from './php-site.ts';

describe('PHP sessions on three hosts', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open();
    return () => site.close();
  });

  test('a counter in the session goes up by one on each request, whichever host answers', async () => {
    const visitor = new Visitor();
    const counters: unknown[] = [];
    for (let n = 0; n < 30; n += 1) {
      const page = await site.visit(visitor, site.turn(n), n % 2 === 0 ? '/count' : '/count-to-the-end');
      expect(page.body, page.text).toMatchObject({ complaints: [] });
      counters.push(page.body['counter']);
    }
    expect(counters).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  test('every new session is owned by the host that made it', async () => {
    for (const letter of ['a', 'b', 'c', 'a', 'b', 'c']) {
      expect(idOf(await site.visitorOf(letter))).toMatch(new RegExp(`^${letter}[0-9a-z]{26}$`));
    }
  });

  test('S0: visitors who come at the same time have a counter each', async () => {
    const visitors = Array.from({ length: 8 }, () => new Visitor());
    const browse = async (visitor: Visitor, at: number): Promise<unknown[]> => {
      const counters: unknown[] = [];
      for (let n = 0; n <= at; n += 1) {
        counters.push((await site.visit(visitor, site.turn(at + n), '/count')).body['counter']);
      }
      return counters;
    };
    const seen = await Promise.all(visitors.map(browse));
    expect(seen).toEqual(visitors.map((_, at) => Array.from({ length: at + 1 }, (_none, n) => n + 1)));
    expect(new Set(visitors.map(idOf)).size).toBe(visitors.length);
  });

  test.each([
    ['that was never minted', 'b00000000000000000000000000'],
    ['of another store', 'kq3hf7gq0c9n1v5v8m2s4k6j1p'],
    ['that no daemon can have minted', '../../etc/passwd'],
    ['that is not even UTF-8', '%E9%FF%00'],
    ['longer than any id', 'a'.repeat(3000)],
  ])('an id %s gets a new one, and a cookie for it', async (_, id) => {
    const visitor = new Visitor();
    visitor.setCookie('PHPSESSID', id);
    const page = await site.visit(visitor, 'c', '/count');
    expect(page.body, page.text).toMatchObject({ counter: 1, complaints: [] });
    expect(idOf(visitor)).toMatch(/^c[0-9a-z]{26}$/);
    expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(2);
  });

  test('a visitor who comes back with a valid cookie is sent none', async () => {
    const visitor = await site.visitorOf('a');
    const twin = visitor.twin();
    twin.setCookie('other', 'cookie');
    const before = idOf(visitor);
    visitor.setCookie('PHPSESSID', before);
    await site.visit(visitor, 'b', '/count');
    expect(idOf(visitor)).toBe(before);
  });

  test('a session name of its own, and cookie settings of its own, work as before', async () => {
    const visitor = new Visitor();
    expect((await site.visit(visitor, 'a', '/named')).body['counter']).toBe(1);
    expect((await site.visit(visitor, 'b', '/named')).body['counter']).toBe(2);
    expect(visitor.cookie('shop')).toMatch(/^a[0-9a-z]{26}$/);
    expect(visitor.cookie('PHPSESSID')).toBeUndefined();
  });

  test('a page without a session asks the daemon nothing and sends no cookie', async () => {
    const visitor = new Visitor();
    expect((await site.visit(visitor, 'a', '/no-session')).status).toBe(200);
    expect(visitor.cookie('PHPSESSID')).toBeUndefined();
  });
});

describe('PHP sessions whose host dies', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open();
    return () => site.close();
  });

  test('its visitors get a fresh session under a new cookie without an error page, the others go on', async () => {
    const orphans = await Promise.all(Array.from({ length: 4 }, () => site.visitorOf('b')));
    const others = await Promise.all(['a', 'c', 'a', 'c'].map((letter) => site.visitorOf(letter)));
    await site.cluster.node('b').end('SIGKILL');

    const before = orphans.map(idOf);
    const pages = await Promise.all(orphans.map((visitor, n) => site.visit(visitor, 'ac'[n % 2] ?? 'a', '/count')));
    expect(pages.map(({ body }) => body)).toMatchObject(orphans.map(() => ({ counter: 1, complaints: [] })));
    expect(orphans.map(idOf).filter((id) => before.includes(id))).toEqual([]);

    const second = await Promise.all(orphans.map((visitor, n) => site.visit(visitor, 'ca'[n % 2] ?? 'a', '/count')));
    expect(second.map(({ body }) => body['counter'])).toEqual([2, 2, 2, 2]);
    const untouched = await Promise.all(others.map((visitor, n) => site.visit(visitor, 'ca'[n % 2] ?? 'a', '/count')));
    expect(untouched.map(({ body }) => body['counter'])).toEqual([2, 2, 2, 2]);

    await site.cluster.node('b').start();
    await site.cluster.settled();
  });

  test('parallel requests of one orphan get one and the same new session, and lose nothing in it', async () => {
    const orphan = await site.visitorOf('b');
    await site.cluster.node('b').end('SIGKILL');
    const tabs = Array.from({ length: 8 }, () => orphan.twin());
    const pages = await Promise.all(tabs.map((tab, n) => site.visit(tab, 'ac'[n % 2] ?? 'a', '/count')));
    expect(pages.map(({ body }) => Number(body['counter'])).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(tabs.map(idOf)).size).toBe(1);

    await site.cluster.node('b').start();
    await site.cluster.settled();
  });

  test('a page that has the session while its owner dies is told that what it stored is gone', async () => {
    const visitor = await site.visitorOf('b');
    const gate = await buildGate();
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    await site.cluster.node('b').end('SIGKILL');
    gate.open();
    const page = await slow;
    expect(page.status, page.text).toBe(200);
    expect(page.body['complaints']).toEqual([expect.stringContaining('the session is gone (owner-dead)')]);
    await gate.close();
    expect((await site.visit(visitor, 'c', '/count')).body['counter']).toBe(1);

    await site.cluster.node('b').start();
    await site.cluster.settled();
  });

  test('pages that queue for the session while its owner dies start afresh, without an error page', async () => {
    const visitor = await site.visitorOf('b');
    const gate = await buildGate();
    const slow = site.visit(visitor.twin(), 'a', at('/slow', gate.url));
    await gate.arrived;
    const tabs = Array.from({ length: 4 }, () => visitor.twin());
    const queued = tabs.map((tab, n) => site.visit(tab, 'ac'[n % 2] ?? 'a', '/count'));
    for (const letter of ['a', 'c']) {
      await until(`two pages of ${letter} wait for b`, async () => {
        const { bytes } = await site.cluster.node(letter).client.call('GET', '/metrics');
        return /^maglia_link_in_flight\{peer="b"\} 2$/m.test(bytes.toString());
      });
    }
    await site.cluster.node('b').end('SIGKILL');
    const pages = await Promise.all(queued);
    expect(pages.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    expect(pages.map(({ body }) => Number(body['counter'])).sort()).toEqual([1, 2, 3, 4]);
    expect(new Set(tabs.map(idOf)).size).toBe(1);
    gate.open();
    await slow;
    await gate.close();

    await site.cluster.node('b').start();
    await site.cluster.settled();
  });
});
