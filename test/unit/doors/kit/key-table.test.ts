import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../../../src/config/options.ts';
import { KeyTable } from '../../../../src/doors/kit/key-table.ts';
import { isKeyForm, ownerLetter } from '../../../../src/session/session-id.ts';
import { LetterMap } from '../../../../src/session/letter.ts';
import { letter } from '../../../support/mesh-messages.ts';

const SESSION_PREFIXES: readonly string[] = OPTIONS['doors.keyPrefixes'].fallback;
const LOCK_PREFIXES: readonly string[] = OPTIONS['doors.lockPrefixes'].fallback;
const table = new KeyTable(SESSION_PREFIXES, LOCK_PREFIXES, OPTIONS['doors.cachePrefixes'].fallback);
const MINTED = 'b0123456789abcdefghijklmnop';

describe('the table of keys', () => {
  test.each(SESSION_PREFIXES)('%s is taken off a session', (prefix) => {
    expect(table.find(`${prefix}b0123`)).toMatchObject({ kind: 'session', id: 'b0123', isSession: true });
  });

  test('a session can be locked where a lock prefix begins with its own', () => {
    expect(SESSION_PREFIXES.filter((prefix) => table.find(`${prefix}b0123`).isLockable)).toEqual(['memc.sess.key.']);
    expect(new KeyTable(['shop.'], ['shop.lock.']).find('shop.b0123')).toMatchObject({ isLockable: true });
  });

  test.each(LOCK_PREFIXES)('%s is taken off a lock, which goes by the id of its session', (prefix) => {
    expect(table.find(`${prefix}b0123`)).toMatchObject({ kind: 'lock', id: 'b0123', isSession: true });
  });

  test.each([
    ['memc.sess.key.2af84', 'session', '2af84'],
    ['memc.sess.key.lock.2af84', 'lock', '2af84'],
    ['memc.sess.key.locked', 'session', 'locked'],
    [':1:django.contrib.sessions.cachek3y', 'session', 'k3y'],
    [':1:django.contrib.sessions.cached_dbk3y', 'session', 'k3y'],
    [':1:django.contrib.sessions.cached_d', 'session', 'd_d'],
    ['rack:session:2::9f86d081884c7d65', 'session', '9f86d081884c7d65'],
    ['rack:session:9f86d081884c7d65', 'session', '9f86d081884c7d65'],
    [':1:page', 'plain', ':1:page'],
    ['session:b0123', 'plain', 'session:b0123'],
    ['b0123', 'plain', 'b0123'],
  ])('%s is a %s of %s: the longest prefix counts', (key, kind, id) => {
    expect(table.find(key)).toMatchObject({ kind, id });
  });

  test('what may be in a database as well are the sessions of cached_db, and keys of no known shape', () => {
    expect(SESSION_PREFIXES.filter((prefix) => table.find(`${prefix}b0123`).isCache)).toEqual([
      ':1:django.contrib.sessions.cached_db',
    ]);
    expect(new KeyTable(['shop.'], [], ['shop.']).find('shop.b0123').isCache).toBe(true);
    expect(['page', MINTED, 'memc.sess.key.lock.b0123'].map((key) => table.find(key).isCache)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('a prefix with nothing behind it is a key like any other', () => {
    expect(table.find('sess:')).toEqual({ kind: 'plain', id: 'sess:', isSession: false, isCache: true });
    expect(table.find('memc.sess.key.lock.')).toMatchObject({ kind: 'session', id: 'lock.', isSession: true });
  });

  test('a key of a minted id’s form is a session without any prefix', () => {
    expect(table.find(MINTED)).toEqual({ kind: 'plain', id: MINTED, isSession: true, isCache: false });
    expect(table.find(`${MINTED}x`)).toEqual({ kind: 'plain', id: `${MINTED}x`, isSession: false, isCache: true });
  });

  test('a table without prefixes takes every key as it is', () => {
    expect(new KeyTable([], []).find('memc.sess.key.2af84')).toMatchObject({
      kind: 'plain',
      id: 'memc.sess.key.2af84',
    });
  });

  describe('a key with bytes from 0x80 on', () => {
    const key = Buffer.from('größe').toString('latin1');
    const map = new LetterMap(new Map(['a', 'b', 'c'].map((each) => [letter(each), { host: each, port: 1 }])));

    test('goes by an id that every part of the mesh can carry, the same each time', () => {
      const { id } = table.find(key);
      expect(id).toMatch(/^~[0-9a-f]{64}$/);
      expect(isKeyForm(id)).toBe(true);
      expect(table.find(key).id).toBe(id);
      expect(map.has(ownerLetter(id, map))).toBe(true);
    });

    test('has that id to itself, however long the key', () => {
      const keys = [key, `${key}2`, '\u00ff'.repeat(250), '\u00ff'.repeat(249), '\u0080', `b${key}`];
      expect(new Set(keys.map((each) => table.find(each).id)).size).toBe(keys.length);
    });

    test('cannot be reached by a key that looks like its id', () => {
      const { id } = table.find(key);
      expect(table.find(id).id).not.toBe(id);
      expect(table.find(id.slice(0, -1)).id).toBe(id.slice(0, -1));
    });

    test('is a session behind a session’s prefix', () => {
      expect(table.find(`sess:${key}`)).toMatchObject({
        ...table.find(key),
        kind: 'session',
        isSession: true,
        isCache: false,
      });
    });
  });

  test('every key of the protocols has an id that the store takes', () => {
    const odd = ['!', '~', 'x'.repeat(250), `sess:${'~'.repeat(245)}`, `~${'0'.repeat(64)}`, 'a\u0080', '\u00c3\u00a4'];
    expect(odd.map((key) => table.find(key).id).filter((id) => !isKeyForm(id))).toEqual([]);
  });
});
