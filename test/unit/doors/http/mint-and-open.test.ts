import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { MINTED, OPENED } from '../../../../src/doors/http/reply-schemas.ts';
import type { Opened } from '../../../../src/routing/open.ts';
import { done, Door, ID, LETTER_A, OTHER_ID, withBody } from './door.ts';

const OPENED_A: Opened = {
  kind: 'opened',
  id: ID,
  state: 'found',
  version: 7,
  ttlSeconds: 60,
  content: { contentType: 'application/json', flags: 0, payload: Buffer.from('{"n":1}') },
  owner: LETTER_A,
};

describe('POST /v1/sessions', () => {
  test('mints with the data as compact JSON and answers 201 with its place and version', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const answer = await door.ask(withBody('POST', '/v1/sessions', '{ "data": { "cart": [1, 2] }, "ttlSeconds": 30 }'));

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: ID, version: 7, ttlSeconds: 60, owner: 'a' });
    expect(Value.Check(MINTED, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({
      location: `/v1/sessions/${ID}`,
      etag: '"7"',
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
    });
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{"cart":[1,2]}') };
    expect(door.sessions.calls).toEqual([{ kind: 'mint', request: { content, ttlSeconds: 30 } }]);
  });

  test.each([
    ['no body', { method: 'POST' as const, url: '/v1/sessions' }],
    ['an empty body of type JSON', withBody('POST', '/v1/sessions', '')],
    ['an empty object', withBody('POST', '/v1/sessions', '{}')],
  ])('mints an empty object for %s', async (_name, request) => {
    const door = new Door();
    door.sessions.reply = done();
    expect((await door.ask(request)).status).toBe(201);
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };
    expect(door.sessions.calls).toEqual([{ kind: 'mint', request: { content } }]);
  });

  test.each(['null', '0', '"text"', '[1,[2]]', 'false'])('takes any JSON value as data, %s too', async (data) => {
    const door = new Door();
    door.sessions.reply = done();
    expect((await door.ask(withBody('POST', '/v1/sessions', `{"data":${data}}`))).status).toBe(201);
    expect(door.sessions.calls).toMatchObject([{ kind: 'mint', request: { content: { payload: Buffer.from(data) } } }]);
  });
});

describe('POST /v1/sessions/open', () => {
  test('answers a found session with its data, as it is stored', async () => {
    const door = new Door();
    door.sessions.opened = OPENED_A;
    const answer = await door.ask(withBody('POST', '/v1/sessions/open', JSON.stringify({ id: ID })));

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: ID, version: 7, ttlSeconds: 60, owner: 'a', state: 'found', data: { n: 1 } });
    expect(Value.Check(OPENED, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ etag: '"7"', 'cache-control': 'no-store' });
    expect(door.sessions.calls).toEqual([{ kind: 'open', request: { id: ID } }]);
  });

  test('answers what is known at once no differently', async () => {
    const door = new Door();
    door.sessions.opened = OPENED_A;
    const request = withBody('POST', '/v1/sessions/open', JSON.stringify({ id: ID }));
    const later = await door.ask(request);
    door.sessions.answersAtOnce = true;
    expect({ ...(await door.ask(request)), headers: undefined }).toEqual({ ...later, headers: undefined });
  });

  test('says why a session was regenerated, and in whose place', async () => {
    const door = new Door();
    door.sessions.opened = { ...OPENED_A, state: 'regenerated', reason: 'owner-dead', previous: OTHER_ID };
    const answer = await door.ask(withBody('POST', '/v1/sessions/open', JSON.stringify({ id: OTHER_ID })));

    expect(answer.body).toMatchObject({ id: ID, state: 'regenerated', reason: 'owner-dead', previous: OTHER_ID });
    expect(Value.Check(OPENED, answer.body)).toBe(true);
  });

  test('passes the wait for the lock on, and the grant back', async () => {
    const door = new Door();
    door.sessions.opened = { ...OPENED_A, lock: { token: 'T', expiresInMs: 30_000 } };
    const body = { id: ID, ttlSeconds: 0, lock: { waitMs: 250 } };
    const answer = await door.ask(withBody('POST', '/v1/sessions/open', JSON.stringify(body)));

    expect(answer.body).toMatchObject({ lock: { token: 'T', expiresInMs: 30_000 } });
    expect(Value.Check(OPENED, answer.body)).toBe(true);
    expect(door.sessions.calls).toEqual([{ kind: 'open', request: body }]);
  });

  test('opens without a cookie and without a body', async () => {
    const door = new Door();
    door.sessions.opened = { ...OPENED_A, state: 'minted' };
    const answer = await door.ask({ method: 'POST', url: '/v1/sessions/open' });
    expect(answer.body).toMatchObject({ state: 'minted' });
    expect(door.sessions.calls).toEqual([{ kind: 'open', request: {} }]);
  });

  test.each(['', 'x', '../../etc/passwd', 'a\u0000b', 'ключ', '\ud800', 'a'.repeat(900)])(
    'passes any cookie on, however malformed (%j): it is for the router to say so',
    async (cookie) => {
      const door = new Door();
      door.sessions.opened = { ...OPENED_A, state: 'regenerated', reason: 'malformed', previous: cookie };
      const answer = await door.ask(withBody('POST', '/v1/sessions/open', JSON.stringify({ id: cookie })));
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ reason: 'malformed', previous: cookie });
      expect(door.sessions.calls).toEqual([{ kind: 'open', request: { id: cookie } }]);
    },
  );

  test('names content that is not JSON by its type and by where its bytes are', async () => {
    const door = new Door();
    const content = { contentType: 'application/x-php', flags: 0, payload: Buffer.from('a|i:1;') };
    door.sessions.opened = { ...OPENED_A, content };
    const { body } = await door.ask(withBody('POST', '/v1/sessions/open', '{}'));
    expect(body).toMatchObject({ contentType: 'application/x-php', dataUrl: `/v1/sessions/${ID}/data` });
    expect(body).not.toHaveProperty('data');
    expect(Value.Check(OPENED, body)).toBe(true);
  });

  test.each([
    [{ kind: 'refused', code: 'LOCK_TIMEOUT' } as const, 423, 'LOCK_TIMEOUT'],
    [{ kind: 'refused', code: 'SESSION_BUSY' } as const, 429, 'SESSION_BUSY'],
    [{ kind: 'unavailable', code: 'OWNER_UNREACHABLE' } as const, 503, 'OWNER_UNREACHABLE'],
    [{ kind: 'in-doubt', code: 'DEADLINE' } as const, 504, 'IN_DOUBT'],
  ])('answers %j with %i %s', async (reply, status, code) => {
    const door = new Door();
    door.sessions.opened = reply;
    const answer = await door.ask({ method: 'POST', url: '/v1/sessions/open' });
    expect(answer).toMatchObject({ status, body: { code } });
  });
});
