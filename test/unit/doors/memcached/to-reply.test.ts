import { describe, expect, test } from 'vitest';
import type { Inspect, MemcachedRead, MemcachedStore } from '../../../../src/doors/memcached/protocol/command.ts';
import {
  INTERNAL,
  toFlushReply,
  toLockReply,
  toProbeReply,
  toReply,
} from '../../../../src/doors/memcached/to-reply.ts';
import type { ItemAnswer } from '../../../../src/session/item-operation.ts';
import { FAILURE_CODES, REFUSAL_CODES, type Reply } from '../../../../src/session/reply.ts';

const READ: MemcachedRead = {
  kind: 'read',
  key: 'k',
  touch: undefined,
  vivify: undefined,
  recache: undefined,
  isPeek: false,
};
const INSPECT: Inspect = { kind: 'inspect', key: 'k' };
const ADD: MemcachedStore = {
  kind: 'store',
  mode: 'add',
  key: 'k',
  flags: 0,
  exptime: 60,
  cas: undefined,
  isInvalidating: false,
  value: Buffer.from('v'),
};
const DELETE = { kind: 'delete', key: 'k', cas: undefined } as const;

const HIT: ItemAnswer = {
  kind: 'hit',
  value: Buffer.from('v'),
  flags: 1,
  cas: 2,
  ttlSeconds: 3,
  lastAccessSeconds: 4,
  wasFetched: true,
  isStale: false,
};

function answered(answer: ItemAnswer): Reply {
  return { kind: 'answered', answer };
}

describe('what the mesh answered', () => {
  test('passes through, its value uncopied', () => {
    const reply = toReply(READ, answered(HIT));
    expect(reply).toBe(HIT);
    expect(toReply(ADD, answered({ kind: 'stored', cas: 5 }))).toEqual({ kind: 'stored', cas: 5 });
  });

  test('a miss is each command’s own word for it', () => {
    const miss: Reply = { kind: 'miss', reason: 'owner-dead' };
    expect([READ, INSPECT, DELETE, ADD].map((command) => toReply(command, miss).kind)).toEqual([
      'miss',
      'miss',
      'not-found',
      'not-stored',
    ]);
  });

  test('a version that does not fit is another cas; too large is too large', () => {
    expect(toReply(ADD, { kind: 'refused', code: 'VERSION_CONFLICT', version: 3 })).toEqual({ kind: 'exists' });
    expect(toReply(ADD, { kind: 'refused', code: 'TOO_LARGE' })).toEqual({ kind: 'too-large' });
  });

  test('what was destroyed stays so (S5)', () => {
    const destroyed: Reply = { kind: 'refused', code: 'DESTROYED' };
    expect(toReply(ADD, destroyed)).toEqual({ kind: 'not-stored' });
    expect(toReply(READ, destroyed)).toEqual({ kind: 'miss' });
  });

  test('every refusal has an answer that is no success', () => {
    for (const code of REFUSAL_CODES) {
      expect(['exists', 'too-large', 'not-stored', 'server-error']).toContain(
        toReply(ADD, { kind: 'refused', code }).kind,
      );
    }
  });
});

describe('a failure is never a miss (S3)', () => {
  test.each(FAILURE_CODES)('%s', (code) => {
    for (const command of [READ, INSPECT, DELETE, ADD]) {
      const unavailable = toReply(command, { kind: 'unavailable', code });
      expect(unavailable).toMatchObject({ kind: 'server-error', code });
      expect(unavailable).toHaveProperty('text', expect.stringMatching(/^nothing was done: .{10}/));
      expect(toReply(command, { kind: 'in-doubt', code })).toMatchObject({ kind: 'server-error', code: 'IN_DOUBT' });
    }
    expect(toProbeReply(ADD, { kind: 'unavailable', code })).toMatchObject({ kind: 'server-error', code });
    expect(toLockReply(ADD, { kind: 'in-doubt', code })).toMatchObject({ kind: 'server-error', code: 'IN_DOUBT' });
    expect(toFlushReply({ kind: 'unavailable', code })).toMatchObject({ kind: 'server-error', code });
  });

  test('an answer that belongs to other commands is a fault of ours', () => {
    expect(toReply(READ, { kind: 'moved', to: 'x' })).toBe(INTERNAL);
    expect(toReply(READ, { kind: 'done', id: 'x', version: 1, ttlSeconds: 1 })).toBe(INTERNAL);
    expect(toFlushReply({ kind: 'moved', to: 'x' })).toBe(INTERNAL);
  });
});

describe('a strict-mode probe', () => {
  test.each<[ItemAnswer | 'miss', string]>([
    [{ kind: 'exists' }, 'not-stored'],
    [HIT, 'not-stored'],
    [{ kind: 'not-stored' }, 'not-stored'],
    [{ kind: 'stored', cas: 0 }, 'stored'],
    [{ kind: 'miss' }, 'stored'],
    [{ kind: 'not-found' }, 'stored'],
    ['miss', 'stored'],
  ])('%j is answered %s', (answer, kind) => {
    const reply: Reply = answer === 'miss' ? { kind: 'miss', reason: 'owner-dead' } : answered(answer);
    expect(toProbeReply(ADD, reply).kind).toBe(kind);
  });
});

describe('a lock', () => {
  test('that another holds is not stored, so that the client asks again', () => {
    for (const code of ['LOCK_TIMEOUT', 'SESSION_BUSY'] as const) {
      expect(toLockReply(ADD, { kind: 'refused', code })).toEqual({ kind: 'not-stored' });
    }
  });
});

test('a flush that is done is OK', () => {
  expect(toFlushReply({ kind: 'done', id: 'b', version: 0, ttlSeconds: 0 })).toEqual({ kind: 'ok' });
});
