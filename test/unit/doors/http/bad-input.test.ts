import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { isMintedForm } from '../../../../src/session/session-id.ts';
import { Door, ID, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

const MALFORMED_IDS = [
  'a',
  ID.slice(0, -1),
  `${ID}x`,
  `${ID.slice(0, -1)}X`,
  `${ID.slice(0, -1)}-`,
  `-${ID.slice(1)}`,
  `${ID.slice(0, -1)}%00`,
  `${ID}%00`,
  `${ID}%0a`,
  `%20${ID.slice(1)}`,
  `%d0%b0${ID.slice(1)}`,
  `%f0%9f%98%80${ID.slice(2)}`,
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'a%2Fb',
  '%',
  '%zz',
  '%c0%80',
  '%ff',
  'a'.repeat(250),
  'a'.repeat(10_000),
  'memc.sess.key.0123456789',
  '*',
  ':id',
];

describe('an id in the path that no node can have minted', () => {
  const door = new Door();

  test.each(MALFORMED_IDS)('%s is 400 MALFORMED_ID, and nobody is asked', async (id) => {
    const requests: InjectOptions[] = [
      { method: 'GET', url: `/v1/sessions/${id}` },
      { method: 'DELETE', url: `/v1/sessions/${id}` },
      { method: 'GET', url: `/v1/sessions/${id}/data` },
      { method: 'POST', url: `/v1/sessions/${id}/touch` },
      withBody('PUT', `/v1/sessions/${id}`, '{"data":1}'),
      withBody('PATCH', `/v1/sessions/${id}`, '{ not even JSON'),
      withBody('PUT', `/v1/sessions/${id}/data`, 'x'),
    ];
    for (const request of requests) {
      const answer = await door.ask(request);
      expect(answer).toMatchObject({ status: 400, body: { code: 'MALFORMED_ID' } });
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect(door.sessions.calls).toEqual([]);
  });

  test('is told what is wrong with it', async () => {
    expect((await door.ask({ method: 'GET', url: '/v1/sessions/abc' })).text).toContain('this one has 3 characters');
    expect((await door.ask({ method: 'GET', url: `/v1/sessions/${ID.toUpperCase()}` })).text).toContain(
      'this one has other characters',
    );
  });

  test('is every text that is not of the minted form', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), async (text) => {
        fc.pre(!isMintedForm(text) && !/^\.+$/.test(text));
        const answer = await door.ask({ method: 'GET', url: `/v1/sessions/${encodeURIComponent(text)}` });
        expect(answer).toMatchObject({ status: 400, body: { code: 'MALFORMED_ID' } });
      }),
      { seed: 2, numRuns: 200 },
    );
    expect(door.sessions.calls).toEqual([]);
  });
});

describe('a header or query parameter', () => {
  const door = new Door();

  test.each(['7', 'W/7', '', '"', '"7" "8"', '"7", 8', '*, "7"'])(
    'that is not a condition we understand is refused: If-Match %j',
    async (ifMatch) => {
      const headers = { 'if-match': ifMatch };
      for (const request of [
        withBody('PUT', URL, '{"data":1}', headers),
        withBody('PATCH', URL, '{"data":{}}', headers),
        withBody('PUT', `${URL}/data`, '1', headers),
      ]) {
        expect(await door.ask(request)).toMatchObject({ status: 400, body: { field: 'If-Match' } });
      }
      expect(door.sessions.calls).toEqual([]);
    },
  );

  test('that sets a condition which the call does not honour is refused', async () => {
    const ifMatch = { 'if-match': '"7"' };
    const requests: InjectOptions[] = [
      { method: 'DELETE', url: URL, headers: { 'if-unmodified-since': 'Sat, 21 Nov 2026 23:36:46 GMT' } },
      { method: 'POST', url: `${URL}/touch`, headers: ifMatch },
      { method: 'POST', url: `${URL}/rotate`, headers: ifMatch },
      withBody('POST', `${URL}/unlock`, '{"token":"T"}', ifMatch),
      withBody('PUT', URL, '{"data":1}', { 'if-none-match': '7' }),
      withBody('PATCH', URL, '{"data":{}}', { 'if-unmodified-since': 'Sat, 21 Nov 2026 23:36:46 GMT' }),
      withBody('PUT', `${URL}/data`, '1', { 'if-none-match': '' }),
    ];
    for (const request of requests) {
      expect(await door.ask(request)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
    expect(door.sessions.calls).toEqual([]);
  });

  test('in the query that no call takes is named', async () => {
    for (const request of [
      { method: 'GET' as const, url: `${URL}?version=7` },
      { method: 'POST' as const, url: '/v1/sessions?version=60' },
      { method: 'GET' as const, url: '/v1/cluster?version' },
    ]) {
      expect(await door.ask(request)).toMatchObject({ status: 400, body: { field: 'version' } });
    }
  });

  test.each(['gzip', 'br', 'x'])('that says the body is packed by %s is refused', async (encoding) => {
    const request = withBody('PUT', `${URL}/data`, 'x', { 'content-encoding': encoding });
    expect(await door.ask(request)).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});

describe('an unknown URL or method', () => {
  const door = new Door();

  test.each([
    '/',
    '/v1',
    '/v1/',
    '/v2/sessions',
    '/v1/session',
    `${URL}/nothing`,
    `${URL}/data/x`,
    '/v1/sessions//',
    '/V1/sessions',
  ])('%s is 404 NO_SUCH_ROUTE', async (url) => {
    expect(await door.ask({ method: 'GET', url })).toMatchObject({ status: 404, body: { code: 'NO_SUCH_ROUTE' } });
  });

  test.each<[NonNullable<InjectOptions['method']>, string, string]>([
    ['GET', '/v1/sessions', 'POST'],
    ['GET', '/v1/sessions?x=1', 'POST'],
    ['DELETE', '/v1/sessions', 'POST'],
    ['GET', '/v1/sessions/open', 'POST'],
    ['POST', URL, 'GET, HEAD, PUT, PATCH, DELETE'],
    ['OPTIONS', URL, 'GET, HEAD, PUT, PATCH, DELETE'],
    ['PATCH', `${URL}/data`, 'GET, HEAD, PUT'],
    ['GET', `${URL}/touch`, 'POST'],
    ['DELETE', '/v1/cluster', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
  ])('%s %s is 405 with the methods that it takes', async (method, url, allow) => {
    const answer = await door.ask({ method, url });
    expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(answer.headers['allow']).toBe(allow);
  });

  test.each(['/%', '/%zz', '/v1/%ff'])('%s is 400 BAD_URL', async (url) => {
    expect(await door.ask({ method: 'GET', url })).toMatchObject({ status: 400, body: { code: 'BAD_URL' } });
  });
});
