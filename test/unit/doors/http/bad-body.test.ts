import fc from 'fast-check';
import { Value } from 'typebox/value';
import { afterAll, describe, expect, test } from 'vitest';
import { PROBLEM } from '../../../../src/doors/http/reply-schemas.ts';
import { done, Door, ID, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

describe('a body', () => {
  const deep = (levels: number): string => `{"data":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  const CASES: [string, string | Buffer, number, string][] = [
    ['that is no JSON', '{', 400, 'NOT_JSON_BODY'],
    ['that goes on after its JSON', '{"data":1} x', 400, 'NOT_JSON_BODY'],
    ['with NaN', '{"data":NaN}', 400, 'NOT_JSON_BODY'],
    ['with a NUL', '{"data":1}\0', 400, 'NOT_JSON_BODY'],
    ['with a comment', '{"data":1 /* one */}', 400, 'NOT_JSON_BODY'],
    ['with a byte order mark', '\ufeff{"data":1}', 400, 'NOT_JSON_BODY'],
    ['that is Latin-1', Buffer.from('{"data":"\xe9"}', 'latin1'), 400, 'NOT_JSON_BODY'],
    ['that is cut in the middle of a character', Buffer.from('{"data":"é"}').subarray(0, 10), 400, 'NOT_JSON_BODY'],
    ['with __proto__', '{"data":{"__proto__":{"isAdmin":true}}}', 400, 'NOT_JSON_BODY'],
    ['with __proto__ in escapes', '{"data":{"\\u005f_proto__":{}}}', 400, 'NOT_JSON_BODY'],
    ['with constructor.prototype', '{"data":{"constructor":{"prototype":{}}}}', 400, 'NOT_JSON_BODY'],
    ['that is too deep', deep(129), 400, 'TOO_DEEP'],
    ['that is far too deep', `{"data":${'['.repeat(1500)}`, 400, 'TOO_DEEP'],
    ['that is null', 'null', 400, 'INVALID_REQUEST'],
    ['that is an array', '[]', 400, 'INVALID_REQUEST'],
    ['that is a text', '"x"', 400, 'INVALID_REQUEST'],
    ['that is larger than any session', `{"data":"${'x'.repeat(6200)}"}`, 413, 'BODY_TOO_LARGE'],
    ['with data larger than a session', `{"data":"${'x'.repeat(1000)}"}`, 413, 'TOO_LARGE'],
    ['with an unknown field', '{"data":1,"tll":5}', 400, 'INVALID_REQUEST'],
    ['with a field in another case', '{"Data":1}', 400, 'INVALID_REQUEST'],
    ['with a life that is a text', '{"data":1,"ttlSeconds":"60"}', 400, 'INVALID_REQUEST'],
    ['with a life that is null', '{"data":1,"ttlSeconds":null}', 400, 'INVALID_REQUEST'],
    ['with a life that is below 0', '{"data":1,"ttlSeconds":-1}', 400, 'INVALID_REQUEST'],
    ['with a life that is not whole', '{"data":1,"ttlSeconds":1.5}', 400, 'INVALID_REQUEST'],
    ['with a life above the limit', '{"data":1,"ttlSeconds":86401}', 400, 'INVALID_REQUEST'],
    ['with a life beyond all numbers', '{"data":1,"ttlSeconds":1e999}', 400, 'NOT_JSON_BODY'],
    ['with a number beyond all numbers', '{"data":[1, -1e400]}', 400, 'NOT_JSON_BODY'],
  ];

  const CALLS: [string, 'POST' | 'PUT', string][] = [
    ['POST', 'POST', '/v1/sessions'],
    ['PUT', 'PUT', URL],
  ];

  describe.each(CALLS)('of %s', (_name, method, url) => {
    const door = new Door();

    test.each(CASES)('%s is refused', async (_case, body, status, code) => {
      const answer = await door.ask(withBody(method, url, body));
      expect(answer).toMatchObject({ status, body: { code } });
      expect(Value.Check(PROBLEM, answer.body)).toBe(true);
      expect(door.sessions.calls).toEqual([]);
    });

    test.each([
      'application/x-www-form-urlencoded',
      'text/plain',
      'text/json',
      'multipart/form-data; boundary=x',
      'application/merge-patch+json',
      'json',
    ])('of type %s is refused', async (type) => {
      const answer = await door.ask(withBody(method, url, '{"data":1}', { 'content-type': type }));
      expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    });

    test('without a content type is refused', async () => {
      const answer = await door.ask({ method, url, payload: Buffer.from('{"data":1}') });
      expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    });

    test('as deep as is allowed is taken', async () => {
      const door = new Door();
      door.sessions.reply = done();
      expect((await door.ask(withBody(method, url, deep(128)))).status).toBeLessThan(300);
    });

    test('that is random bytes never breaks anything', async () => {
      const door = new Door();
      door.sessions.reply = done();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
          const answer = await door.ask(withBody(method, url, Buffer.from(bytes)));
          expect([200, 201, 400]).toContain(answer.status);
        }),
        { seed: 2, numRuns: 200 },
      );
    });
  });

  test('of PUT may not be missing', async () => {
    const door = new Door();
    for (const request of [
      { method: 'PUT' as const, url: URL },
      withBody('PUT', URL, ''),
      withBody('PUT', URL, '{}'),
    ]) {
      expect(await door.ask(request)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
  });
});

describe('a life above the limit', () => {
  const door = new Door();

  test.each<['POST' | 'PUT' | 'PATCH', string, string]>([
    ['POST', '/v1/sessions', '{"ttlSeconds":86401}'],
    ['POST', '/v1/sessions/open', '{"ttlSeconds":2147483647}'],
    ['POST', `${URL}/touch`, '{"ttlSeconds":86401}'],
    ['PUT', URL, '{"data":1,"ttlSeconds":86401}'],
    ['PATCH', URL, '{"data":{},"ttlSeconds":86401}'],
  ])('of %s %s with %s is refused with the limit, so that a client can cut it', async (method, url, body) => {
    const answer = await door.ask(withBody(method, url, body));
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field: 'ttlSeconds', most: 86_400 } });
    expect(door.sessions.calls).toEqual([]);
  });
});

describe('a field', () => {
  const door = new Door();

  test.each<[string, string, string]>([
    ['/v1/sessions', '{"dta":1}', 'dta'],
    ['/v1/sessions', '{"ttlSeconds":true}', 'ttlSeconds'],
    ['/v1/sessions/open', '{"id":7}', 'id'],
    ['/v1/sessions/open', '{"id":null}', 'id'],
    ['/v1/sessions/open', '{"id":["a"]}', 'id'],
    ['/v1/sessions/open', '{"data":{}}', 'data'],
    ['/v1/sessions/open', '{"lock":true}', 'lock'],
    ['/v1/sessions/open', '{"lock":{}}', 'lock.waitMs'],
    ['/v1/sessions/open', '{"lock":{"waitMs":-1}}', 'lock.waitMs'],
    ['/v1/sessions/open', '{"lock":{"waitMs":30001}}', 'lock.waitMs'],
    ['/v1/sessions/open', '{"lock":{"waitMs":1,"wait":2}}', 'lock.wait'],
    ['/v1/sessions/open', '{"ttlSeconds":86401}', 'ttlSeconds'],
    [`${URL}/touch`, '{"ttlSeconds":86401}', 'ttlSeconds'],
    [`${URL}/touch`, '{"ttl":5}', 'ttl'],
    [`${URL}/rotate`, '{"graceSeconds":-1}', 'graceSeconds'],
    [`${URL}/rotate`, '{"graceSeconds":3601}', 'graceSeconds'],
    [`${URL}/rotate`, '{"grace":1}', 'grace'],
    [`${URL}/unlock`, '{}', 'token'],
    [`${URL}/unlock`, '{"token":""}', 'token'],
    [`${URL}/unlock`, `{"token":"${'x'.repeat(201)}"}`, 'token'],
    [`${URL}/unlock`, '{"token":7}', 'token'],
  ])('of POST %s in %s that is wrong is named: %s', async (url, body, field) => {
    const answer = await door.ask(withBody('POST', url, body));
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field } });
    expect(door.sessions.calls).toEqual([]);
  });
});

afterAll(() => {
  expect(Object.prototype).not.toHaveProperty('isAdmin');
});
