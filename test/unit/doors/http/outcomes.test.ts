import type { InjectOptions } from 'fastify';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../../../src/doors/http/problems.ts';
import { PROBLEM } from '../../../../src/doors/http/reply-schemas.ts';
import { FAILURE_CODES, REFUSAL_CODES, type Reply } from '../../../../src/session/reply.ts';
import { RESET_REASONS } from '../../../../src/session/record.ts';
import { Door, ID, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

/** One request per call that is dispatched to a session's owner. */
const CALLS: Readonly<Record<string, InjectOptions>> = {
  mint: { method: 'POST', url: '/v1/sessions' },
  get: { method: 'GET', url: URL },
  put: withBody('PUT', URL, '{"data":1}'),
  patch: withBody('PATCH', URL, '{"data":{}}'),
  destroy: { method: 'DELETE', url: URL },
  touch: { method: 'POST', url: `${URL}/touch` },
  rotate: { method: 'POST', url: `${URL}/rotate` },
  unlock: withBody('POST', `${URL}/unlock`, '{"token":"T"}'),
  getData: { method: 'GET', url: `${URL}/data` },
  putData: withBody('PUT', `${URL}/data`, '{}'),
};

type Row = [Reply, number, Record<string, unknown>];

const OUTCOMES: Row[] = [
  ...RESET_REASONS.map((reason): Row => [{ kind: 'miss', reason }, 404, { code: 'SESSION_MISS', reason }]),
  ...FAILURE_CODES.map((code): Row => [{ kind: 'unavailable', code }, 503, { code }]),
  ...FAILURE_CODES.map((code): Row => [{ kind: 'in-doubt', code }, 504, { code: 'IN_DOUBT', cause: code }]),
  [{ kind: 'refused', code: 'VERSION_CONFLICT', version: 9 }, 412, { code: 'VERSION_CONFLICT', version: 9 }],
  [{ kind: 'refused', code: 'NOT_JSON' }, 409, { code: 'NOT_JSON' }],
  [{ kind: 'refused', code: 'TOO_LARGE' }, 413, { code: 'TOO_LARGE' }],
  [{ kind: 'refused', code: 'SESSION_BUSY' }, 429, { code: 'SESSION_BUSY' }],
  [{ kind: 'refused', code: 'LOCK_TIMEOUT' }, 423, { code: 'LOCK_TIMEOUT' }],
  [{ kind: 'refused', code: 'TOO_MANY_KEYS' }, 413, { code: 'TOO_MANY_KEYS' }],
  [{ kind: 'refused', code: 'UNACCEPTABLE' }, 400, { code: 'UNACCEPTABLE' }],
  [{ kind: 'refused', code: 'LOCK_LOST' }, 409, { code: 'LOCK_LOST' }],
  [{ kind: 'refused', code: 'DESTROYED' }, 404, { code: 'SESSION_MISS', reason: 'destroyed' }],
];

test('the table below has every refusal', () => {
  const refused = OUTCOMES.flatMap(([reply]) => (reply.kind === 'refused' ? [reply.code] : []));
  // No call of this door flushes.
  expect([...refused, 'FLUSH_NOT_ALLOWED'].sort()).toEqual([...REFUSAL_CODES].sort());
});

test('a fault that is thrown at once is answered and logged like any other', async () => {
  const door = new Door();
  door.sessions.answersAtOnce = true;
  door.sessions.reply = new RangeError('thrown at once');
  const answer = await door.ask({ url: URL });
  expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  expect(answer.text).not.toContain('thrown');
  expect(door.logLines.join()).toContain('thrown at once');
});

describe.each(Object.entries(CALLS))('%s', (_name, request) => {
  test.each([
    ['later', false],
    ['at once', true],
  ])('answers each outcome with its status and code, where it is known %s', async (_when, answersAtOnce) => {
    const door = new Door();
    door.sessions.answersAtOnce = answersAtOnce;
    for (const [reply, status, body] of OUTCOMES) {
      door.sessions.reply = reply;
      const answer = await door.ask(request);
      expect(answer, JSON.stringify(reply)).toMatchObject({ status, body });
      expect(Value.Check(PROBLEM, answer.body)).toBe(true);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  test('answers what should not happen with INTERNAL, says nothing of it, and logs it without the id', async () => {
    const door = new Door();
    door.sessions.reply = new RangeError(`secret detail about ${ID}`);
    const answer = await door.ask(request);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ code: 'INTERNAL', message: PROBLEMS.INTERNAL.means });
    const log = door.logLines.join('');
    expect(log).toContain('secret detail about a0123…');
    expect(log).not.toContain(ID);
  });

  test('does not take a session that moved for an answer', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'moved', to: ID };
    const answer = await door.ask(request);
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(answer.text).not.toContain(ID);
  });
});

test.each(Object.entries(PROBLEMS))('%s asks to be asked again only where that makes sense', (code, { status }) => {
  const isTemporary = status === 503 || status === 429;
  expect('retryAfterSeconds' in PROBLEMS[code as keyof typeof PROBLEMS]).toBe(isTemporary);
});

test('the time to ask again goes out as Retry-After', async () => {
  const door = new Door();
  door.sessions.reply = { kind: 'unavailable', code: 'JOINING' };
  expect((await door.ask({ method: 'GET', url: URL })).headers['retry-after']).toBe('1');
  door.sessions.reply = { kind: 'in-doubt', code: 'DEADLINE' };
  expect((await door.ask({ method: 'GET', url: URL })).headers).not.toHaveProperty('retry-after');
});
