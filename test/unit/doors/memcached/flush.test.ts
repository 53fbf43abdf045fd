import { beforeEach, describe, expect, test } from 'vitest';
import type { Flush } from '../../../../src/doors/memcached/flush.ts';
import { DeskFixture, settled } from './desk-fixture.ts';

let fixture: DeskFixture;
let flush: Flush;

beforeEach(() => {
  fixture = new DeskFixture({ allowsFlush: true });
  fixture.sessions.script = ({ id }) => ({ kind: 'done', id, version: 0, ttlSeconds: 0 });
  flush = fixture.parts.flush;
});

describe('flush_all', () => {
  test('asks every node of the map, each under its own letter', async () => {
    expect(await flush.answer(0)).toEqual({ kind: 'ok' });
    expect(fixture.sessions.asked).toEqual(['a', 'b', 'c'].map((id) => ({ kind: 'flush', id })));
  });

  test('for a moment that has passed is for now, as in memcached', async () => {
    expect(await flush.answer(-1)).toEqual({ kind: 'ok' });
    expect(fixture.sessions.asked).toHaveLength(3);
  });

  test('for now takes the place of one for later', async () => {
    expect(flush.answer(60)).toEqual({ kind: 'ok' });
    await flush.answer(0);
    fixture.clock.advance(60_000);
    await settled();
    expect(fixture.sessions.asked).toHaveLength(3);
    expect(fixture.clock.pending).toBe(0);
  });

  test('for a moment in Unix time is done at that moment', async () => {
    expect(flush.answer(Math.floor(fixture.clock.now() / 1000) + 3_000_000)).toEqual({ kind: 'ok' });
    fixture.clock.advance(2_999_999_000);
    expect(fixture.sessions.asked).toEqual([]);
    fixture.clock.advance(1000);
    await settled();
    expect(fixture.sessions.asked).toHaveLength(3);
  });
});

test('flush_all that is not allowed leaves one that was begun alone, and sets no timer', () => {
  const refusing = new DeskFixture();
  expect(refusing.parts.flush.answer(60)).toEqual({ kind: 'flush-refused' });
  expect(refusing.clock.pending).toBe(0);
  expect(refusing.counts.tally.cmd_flush).toBe(0);
});
