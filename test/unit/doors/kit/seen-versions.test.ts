import { describe, expect, test } from 'vitest';
import { SeenVersions } from '../../../../src/doors/kit/seen-versions.ts';
import { answered, hit } from '../memcached/desk-fixture.ts';

describe('what a client has seen of a session', () => {
  test('is the version that its last read found', () => {
    const seen = new SeenVersions();
    seen.note('a', answered(hit('x')));
    expect(seen.of('a')).toBe(7);
    expect(seen.of('b')).toBeUndefined();
  });

  test('is that of the tombstone where the session was destroyed', () => {
    const seen = new SeenVersions();
    seen.note('a', answered({ kind: 'miss', grave: 9 }));
    expect(seen.of('a')).toBe(9);
  });

  test('is forgotten with a read that found nothing, or failed', () => {
    const seen = new SeenVersions();
    seen.note('a', answered(hit('x')));
    seen.note('a', answered({ kind: 'miss' }));
    expect(seen.of('a')).toBeUndefined();
    seen.note('a', answered(hit('x')));
    seen.note('a', { kind: 'unavailable', code: 'STORE_UNAVAILABLE' });
    expect(seen.of('a')).toBeUndefined();
  });

  test('is remembered of sixteen sessions, those that were read last', () => {
    const seen = new SeenVersions();
    for (let index = 0; index < 16; index += 1) seen.note(`s${index}`, answered(hit('x')));
    seen.note('s0', answered(hit('x')));
    seen.note('another', answered(hit('x')));
    expect([seen.of('s0'), seen.of('s1'), seen.of('s2'), seen.of('another')]).toEqual([7, undefined, 7, 7]);
  });
});
