import { beforeAll, describe, expect, test } from 'vitest';
import { buildGate } from '../../support/gate.ts';
import { Visitor } from '../../support/visitor.ts';
import { at, idOf, PhpSite } from './php-site.ts';

describe('What PHP keeps in a session', () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open({}, { letters: ['a'] });
    return () => site.close();
  });

  test('comes back on the next page as it was', async () => {
    const visitor = new Visitor();
    const { body } = await site.visit(visitor, 'a', '/values');
    expect(body).toMatchObject({ complaints: [] });
    const shown = body['shown'] as Record<string, string>;
    expect(Object.keys(shown)).toHaveLength(18);
    expect(shown).toMatchObject({ float: '0.30000000000000004', int: '9007199254740992', null: 'NULL' });
    expect((await site.visit(visitor, 'a', '/show')).body['shown']).toEqual(shown);
  });

  test('is one JSON object of its own top-level keys', async () => {
    const visitor = new Visitor();
    await site.visit(visitor, 'a', '/values');
    expect((await site.stored(idOf(visitor)))['data']).toMatchObject({
      nested: { cart: { books: ['a', 'b'], sizes: { x: { y: [1, 2, [3]] } } } },
      float: 0.1 + 0.2,
      null: null,
      'deep null': { a: { b: null, c: 1 } },
      empty: [],
      'by number': { '3': 'three', '7': 'seven' },
      '5': 'five',
    });
  });

  test('is not rounded by what the application sets for its own output', async () => {
    const visitor = new Visitor();
    await site.visit(visitor, 'a', '/rounded');
    expect((await site.stored(idOf(visitor)))['data']).toEqual({ float: Math.PI });
  });

  test('and cannot be kept as JSON is named in a warning; nothing else is lost for it', async () => {
    const visitor = new Visitor();
    await site.visit(visitor, 'a', '/set?key=cart&value=["Momo"]');
    const { body } = await site.visit(visitor, 'a', '/unkeepable');
    expect(body['complaints']).toEqual([
      'maglia: $_SESSION["cart"]["items"][1] is an object of class Cart: keep arrays, or set maglia.format to php; the former value is kept',
      'maglia: $_SESSION["file"] is a resource; the key is left out',
      'maglia: $_SESSION["nan"] is not a finite number; the key is left out',
      'maglia: $_SESSION["latin1"] is a string that is not UTF-8; the key is left out',
      'maglia: $_SESSION["circle"] is nested too deeply, or contains itself; the key is left out',
      'maglia: $_SESSION["snowflake"] is beyond 2^53, where JSON numbers are rounded: keep it as a string; the key is left out',
      'maglia: $_SESSION["trap"] has a key that the mesh does not take; the key is left out',
    ]);
    expect((await site.visit(visitor, 'a', '/read')).body['session']).toEqual({ cart: ['Momo'], good: 'kept' });
  });

  test('and PHP itself refuses to serialize costs only its own key, where the session ends with the page', async () => {
    const visitor = await site.visitorOf('a');
    const page = await site.visit(visitor, 'a', '/closure');
    expect(page.status, page.text).toBe(200);
    expect((await site.visit(visitor, 'a', '/read')).body['session']).toEqual({ counter: 1, good: 'kept' });
    expect(site.application('a').output).toContain('maglia: $_SESSION["counter"] is an object of class Closure');
  });

  test("and PHP itself refuses to serialize is PHP's own exception in session_write_close(); the session stays", async () => {
    const visitor = await site.visitorOf('a');
    const page = await site.visit(visitor, 'a', '/closure-closed');
    expect(page.body).toMatchObject({ error: 'Exception', message: "Serialization of 'Closure' is not allowed" });
    expect((await site.visit(visitor, 'a', '/read')).body['session']).toEqual({ counter: 1 });
  });

  test('keeps its order, though a merge could not say so', async () => {
    const visitor = new Visitor();
    for (const book of ['momo', 'krabat', 'matilda', 'momo']) await site.visit(visitor, 'a', `/seen?book=${book}`);
    expect((await site.visit(visitor, 'a', '/seen?book=krabat')).body['seen']).toEqual(['matilda', 'momo', 'krabat']);
    const { seen } = (await site.stored(idOf(visitor)))['data'] as { seen: object };
    expect(Object.keys(seen)).toEqual(['matilda', 'momo', 'krabat']);
  });

  test.each([
    ['a key', '{"a":1,"b":2}', '{"a":1}'],
    ['a key of an object within', '{"a":{"x":1,"y":2},"b":2}', '{"a":{"y":2},"b":2}'],
    ['an element of a list', '{"a":[1,2,3]}', '{"a":[1,3]}'],
    ['all', '{"a":1}', '[]'],
    ['an object for a list', '{"a":{"x":1}}', '{"a":[1]}'],
    ['a list for an object', '{"a":[1]}', '{"a":{"x":1}}'],
    ['a value for null', '{"a":{"x":1,"y":2}}', '{"a":{"x":null,"y":2}}'],
    ['null for a value', '{"a":{"x":null,"y":2}}', '{"a":{"x":{"z":1},"y":2}}'],
  ])('can be changed: %s', async (_, before, after) => {
    const visitor = new Visitor();
    await site.visit(visitor, 'a', `/set?key=it&value=${encodeURIComponent(before)}`);
    await site.visit(visitor, 'a', `/set?key=it&value=${encodeURIComponent(after)}`);
    expect((await site.stored(idOf(visitor)))['data']).toEqual({ it: JSON.parse(after) as unknown });
  });

  test('can be removed, key by key and all of it', async () => {
    const visitor = await site.visitorOf('a');
    await site.visit(visitor, 'a', '/set?key=name&value="Ana"');
    await site.visit(visitor, 'a', '/unset?key=counter');
    expect((await site.stored(idOf(visitor)))['data']).toEqual({ name: 'Ana' });
    expect((await site.visit(visitor, 'a', '/unset-all')).body['session']).toEqual([]);
    expect((await site.stored(idOf(visitor)))['data']).toEqual({});
  });

  test('is thrown away by session_abort()', async () => {
    const visitor = await site.visitorOf('a');
    expect((await site.visit(visitor, 'a', '/abort')).body).toMatchObject({ complaints: [] });
    expect((await site.visit(visitor, 'a', '/read')).body['counter']).toBe(1);
  });

  test('is read again, as it stands now, by session_reset()', async () => {
    const gate = await buildGate();
    const visitor = await site.visitorOf('a');
    const page = site.visit(visitor, 'a', at('/reset', gate.url));
    await gate.arrived;
    await site.cluster.node('a').client.call('PATCH', `/v1/sessions/${idOf(visitor)}`, { data: { counter: 5 } });
    gate.open();
    expect((await page).body).toMatchObject({ session: { counter: 5 }, complaints: [] });
    expect((await site.visit(visitor, 'a', '/read')).body['counter']).toBe(6);
    await gate.close();
  });

  test.each(['/throw', '/fatal'])('is kept where the page ends with %s', async (path) => {
    const visitor = await site.visitorOf('a');
    await site.visit(visitor, 'a', path);
    expect((await site.visit(visitor, 'a', '/read')).body['counter']).toBe(2);
  });

  test("can still be changed by the application's shutdown functions", async () => {
    const visitor = await site.visitorOf('a');
    await site.visit(visitor, 'a', '/late');
    expect((await site.visit(visitor, 'a', '/read')).body['session']).toMatchObject({
      late: 'said by a shutdown function',
    });
  });

  test('is not written by a page that only reads; its life is extended', async () => {
    const visitor = await site.visitorOf('a');
    const { client } = site.cluster.node('a');
    await client.call('POST', `/v1/sessions/${idOf(visitor)}/touch`, { ttlSeconds: 100 });
    const { version } = await site.stored(idOf(visitor));
    await site.visit(visitor, 'a', '/read');
    const stored = await site.stored(idOf(visitor));
    expect(stored['version']).toBe(version);
    expect(stored['ttlSeconds']).toBeGreaterThan(1400);
  });

  test('is refused with an exception where it is too large, and the former content stays', async () => {
    const visitor = await site.visitorOf('a');
    const page = await site.visit(visitor, 'a', '/large');
    expect(page.status).toBe(500);
    expect(page.body).toMatchObject({ error: 'Maglia\\Refused' });
    expect(page.body['message']).toContain('TOO_LARGE');
    expect((await site.visit(visitor, 'a', '/count')).body['counter']).toBe(2);
  });
});
