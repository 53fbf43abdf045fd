import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { SESSION as SESSION_SCHEMA, WRITTEN } from '../../../../src/doors/http/reply-schemas.ts';
import { done, Door, found, ID, SESSION, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

describe('GET /v1/sessions/:id', () => {
  test('answers the session with its version as ETag', async () => {
    const door = new Door();
    door.sessions.reply = found('{"cart":[]}');
    const answer = await door.ask({ method: 'GET', url: URL });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: ID, version: 7, ttlSeconds: 60, owner: 'a', data: { cart: [] } });
    expect(Value.Check(SESSION_SCHEMA, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ etag: '"7"', 'cache-control': 'no-store' });
    expect(door.command).toEqual({ kind: 'get', id: ID });
  });

  test('shows stored JSON to the byte: numbers, spaces and escapes stay as they are', async () => {
    const door = new Door();
    const json = '{ "n": 9007199254740993, "x": 1.50, "e": "\\u00e9", "é": 1e400 }';
    door.sessions.reply = found(json);
    const answer = await door.ask({ method: 'GET', url: URL });
    expect(answer.text).toBe(`{"id":"${ID}","version":7,"ttlSeconds":60,"owner":"a","data":${json}}`);
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
  });

  test('names content that is not JSON instead of showing it', async () => {
    const door = new Door();
    door.sessions.reply = done({ content: { contentType: 'text/plain', flags: 3, payload: Buffer.from('"quoted"') } });
    const { body } = await door.ask({ method: 'GET', url: URL });
    const head = { id: ID, version: 7, ttlSeconds: 60, owner: 'a' };
    expect(body).toEqual({ ...head, contentType: 'text/plain', dataUrl: `${URL}/data` });
    expect(Value.Check(SESSION_SCHEMA, body)).toBe(true);
  });

  test('does not break its own JSON over content that says JSON and is empty', async () => {
    const door = new Door();
    door.sessions.reply = found('');
    const { body } = await door.ask({ method: 'GET', url: URL });
    expect(body).toMatchObject({ contentType: 'application/json', dataUrl: `${URL}/data` });
  });

  test.each(['"7"', 'W/"7"', '"1", "7"', '*', ' "7" '])('answers 304 to If-None-Match %s', async (etag) => {
    const door = new Door();
    door.sessions.reply = found('{}');
    const answer = await door.ask({ method: 'GET', url: URL, headers: { 'if-none-match': etag } });
    expect(answer.status).toBe(304);
    expect(answer.text).toBe('');
    expect(answer.headers).toMatchObject({ etag: '"7"', 'cache-control': 'no-store' });
  });

  test.each(['"8"', '7', '"77"', 'what'])('answers the session to If-None-Match %s', async (etag) => {
    const door = new Door();
    door.sessions.reply = found('{}');
    expect((await door.ask({ method: 'GET', url: URL, headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  test('answers HEAD like GET, without the body', async () => {
    const door = new Door();
    door.sessions.reply = found('{}');
    const answer = await door.ask({ method: 'HEAD', url: URL });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers).toMatchObject({ etag: '"7"' });
  });

  test('a get that is done without content is our fault, not a session without data', async () => {
    const door = new Door();
    door.sessions.reply = done();
    expect(await door.ask({ method: 'GET', url: URL })).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  });
});

describe('PUT /v1/sessions/:id', () => {
  test('replaces the data and answers the new version', async () => {
    const door = new Door();
    door.sessions.reply = done({ version: 8 });
    const answer = await door.ask(withBody('PUT', URL, '{"data": {"a": null}, "ttlSeconds": 0}'));

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: ID, version: 8, ttlSeconds: 60, owner: 'a' });
    expect(Value.Check(WRITTEN, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ etag: '"8"', 'cache-control': 'no-store' });
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{"a":null}') };
    expect(door.command).toEqual({ kind: 'put', id: ID, content, ttlSeconds: 0 });
  });

  test('asks for the version that If-Match names', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'refused', code: 'VERSION_CONFLICT', version: 1_700_000_000_000_001 };
    const answer = await door.ask(withBody('PUT', URL, '{"data":1}', { 'if-match': '"1700000000000000"' }));
    expect(door.command).toMatchObject({ ifVersion: 1_700_000_000_000_000 });
    expect(answer).toMatchObject({
      status: 412,
      body: { code: 'VERSION_CONFLICT', version: 1_700_000_000_000_001 },
    });
  });

  test.each([{}, { 'if-match': '*' }])('asks for no version with the headers %j', async (headers) => {
    const door = new Door();
    door.sessions.reply = done();
    await door.ask(withBody('PUT', URL, '{"data":1}', headers));
    expect(door.command).not.toHaveProperty('ifVersion');
  });

  test('creates nothing: an unknown session is 404', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'miss', reason: 'unknown' };
    const answer = await door.ask(withBody('PUT', URL, '{"data":1}'));
    expect(answer).toMatchObject({ status: 404, body: { code: 'SESSION_MISS', reason: 'unknown' } });
  });

  test('takes data of exactly the largest size, and refuses one byte more before anybody is asked', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const fits = 'x'.repeat(SESSION.maxBytes - 2);
    expect((await door.ask(withBody('PUT', URL, JSON.stringify({ data: fits })))).status).toBe(200);
    const answer = await door.ask(withBody('PUT', URL, JSON.stringify({ data: `${fits}x` })));
    expect(answer).toMatchObject({ status: 413, body: { code: 'TOO_LARGE' } });
    expect(door.sessions.calls).toHaveLength(1);
  });

  test('lets in data that is twice as long in its escapes as it is', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const slashes = '\\/'.repeat(SESSION.maxBytes - 2);
    expect((await door.ask(withBody('PUT', URL, `{"data":"${slashes}"}`))).status).toBe(200);
  });
});

describe('DELETE /v1/sessions/:id', () => {
  test('destroys and answers 204 without a body', async () => {
    const door = new Door();
    door.sessions.reply = done({ ttlSeconds: 0 });
    const answer = await door.ask({ method: 'DELETE', url: URL });
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(door.command).toEqual({ kind: 'destroy', id: ID });
  });

  test('does not mind a content type without a body', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const request = { method: 'DELETE' as const, url: URL, headers: { 'content-type': 'application/json' } };
    expect((await door.ask(request)).status).toBe(204);
  });

  test('says why there is nothing to destroy', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'miss', reason: 'expired' };
    const answer = await door.ask({ method: 'DELETE', url: URL });
    expect(answer).toMatchObject({ status: 404, body: { code: 'SESSION_MISS', reason: 'expired' } });
  });
});
