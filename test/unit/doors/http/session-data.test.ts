import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { WRITTEN } from '../../../../src/doors/http/reply-schemas.ts';
import { done, Door, found, ID, SESSION, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}/data`;

describe('GET /v1/sessions/:id/data', () => {
  test('answers the bytes as they are, so that no browser makes a page of them', async () => {
    const door = new Door();
    const payload = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x0d, 0x0a]);
    door.sessions.reply = done({ content: { contentType: 'text/html', flags: 0, payload } });
    const answer = await door.ask({ method: 'GET', url: URL });
    expect(answer.status).toBe(200);
    expect(answer.bytes).toEqual(payload);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'attachment; filename="session-data"',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'no-store',
      'maglia-ttl-seconds': '60',
      etag: '"7"',
    });
  });

  test('answers an empty payload', async () => {
    const door = new Door();
    door.sessions.reply = done({ content: { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(0) } });
    expect(await door.ask({ method: 'GET', url: URL })).toMatchObject({ status: 200, text: '' });
  });

  test.each(['', 'no type', 'text/plain\r\nset-cookie: a=b', 'text/☃'])(
    'answers a stored type that cannot be a header (%j) as bytes of no type',
    async (contentType) => {
      const door = new Door();
      door.sessions.reply = done({ content: { contentType, flags: 0, payload: Buffer.from('x') } });
      const answer = await door.ask({ method: 'GET', url: URL });
      expect(answer.headers['content-type']).toBe('application/octet-stream');
      expect(answer.headers).not.toHaveProperty('set-cookie');
    },
  );

  test('answers 304 where the client has this version', async () => {
    const door = new Door();
    door.sessions.reply = found('{}');
    const answer = await door.ask({ method: 'GET', url: URL, headers: { 'if-none-match': '"7"' } });
    expect(answer).toMatchObject({ status: 304, text: '' });
  });

  test('answers 404 with the reason', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'miss', reason: 'store-lost' };
    const answer = await door.ask({ method: 'GET', url: URL });
    expect(answer).toMatchObject({ status: 404, body: { code: 'SESSION_MISS', reason: 'store-lost' } });
  });
});

describe('PUT /v1/sessions/:id/data', () => {
  test('stores bytes under their content type, with life and condition from headers', async () => {
    const door = new Door();
    door.sessions.reply = done({ version: 8 });
    const payload = Buffer.from([0xff, 0x00, 0x80]);
    const headers = { 'content-type': 'application/x-php', 'maglia-ttl-seconds': '30', 'if-match': '"7"' };
    const answer = await door.ask(withBody('PUT', URL, payload, headers));
    expect(answer.status).toBe(200);
    expect(Value.Check(WRITTEN, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ etag: '"8"' });
    const content = { contentType: 'application/x-php', flags: 0, payload };
    expect(door.command).toEqual({ kind: 'put', id: ID, content, ttlSeconds: 30, ifVersion: 7 });
  });

  test('keeps JSON to the byte, under one name', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const json = '{ "n": 9007199254740993 }';
    await door.ask(withBody('PUT', URL, json, { 'content-type': 'Application/JSON; charset=utf-8' }));
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from(json) };
    expect(door.command).toMatchObject({ kind: 'put', content });
  });

  test.each(['application/json', 'application/json;charset=utf-8', 'application/vnd.cart+json'])(
    'does not let in what only says that it is JSON (%s)',
    async (type) => {
      const door = new Door();
      const bodies = ['{', '', '{"__proto__":{}}', '[1]]', '\ufeff{}', Buffer.from('{"a":"\xff"}', 'latin1')];
      for (const body of bodies) {
        const answer = await door.ask(withBody('PUT', URL, body, { 'content-type': type }));
        expect(answer, String(body)).toMatchObject({ status: 400, body: { code: 'NOT_JSON_BODY' } });
      }
      expect(door.sessions.calls).toEqual([]);
    },
  );

  test('stores an empty payload of a type that may be empty', async () => {
    const door = new Door();
    door.sessions.reply = done();
    await door.ask(withBody('PUT', URL, '', { 'content-type': 'text/plain' }));
    expect(door.command).toMatchObject({ content: { contentType: 'text/plain', payload: Buffer.alloc(0) } });
  });

  test('demands a content type', async () => {
    const door = new Door();
    const answers = [
      await door.ask({ method: 'PUT', url: URL, payload: Buffer.from('x') }),
      await door.ask({ method: 'PUT', url: URL }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field: 'Content-Type' } });
    }
  });

  test.each([
    ['text', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [`text/${'x'.repeat(300)}`, 400, 'INVALID_REQUEST'],
  ])('refuses the content type %s', async (type, status, code) => {
    const door = new Door();
    const answer = await door.ask(withBody('PUT', URL, 'x', { 'content-type': type }));
    expect(answer).toMatchObject({ status, body: { code } });
  });

  test('refuses a life that is not a whole number of seconds within the limits', async () => {
    const door = new Door();
    for (const ttl of ['-1', '1.5', 'abc', '', '0x10', '86401', '99999999999']) {
      const headers = { 'content-type': 'text/plain', 'maglia-ttl-seconds': ttl };
      const answer = await door.ask(withBody('PUT', URL, 'x', headers));
      expect(answer, ttl).toMatchObject({ status: 400, body: { field: 'Maglia-Ttl-Seconds', most: 86_400 } });
    }
  });

  test('takes a payload of exactly the largest size, and not one byte more', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const headers = { 'content-type': 'application/octet-stream' };
    expect((await door.ask(withBody('PUT', URL, Buffer.alloc(SESSION.maxBytes), headers))).status).toBe(200);
    const answer = await door.ask(withBody('PUT', URL, Buffer.alloc(SESSION.maxBytes + 1), headers));
    expect(answer).toMatchObject({ status: 413, body: { code: 'TOO_LARGE' } });
  });
});
