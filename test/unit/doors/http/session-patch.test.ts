import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { WRITTEN } from '../../../../src/doors/http/reply-schemas.ts';
import { done, Door, ID, SESSION, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;
const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };

describe('PATCH /v1/sessions/:id', () => {
  test('takes the patch in `data`, as PUT takes the data', async () => {
    const door = new Door();
    door.sessions.reply = done({ version: 9 });
    const answer = await door.ask(withBody('PATCH', URL, '{"data": {"a": 1, "b": null}, "ttlSeconds": 5}'));
    expect(answer.body).toEqual({ id: ID, version: 9, ttlSeconds: 60, owner: 'a' });
    expect(Value.Check(WRITTEN, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ etag: '"9"' });
    const patch = Buffer.from('{"a":1,"b":null}');
    expect(door.command).toEqual({ kind: 'patch', id: ID, patch, ttlSeconds: 5 });
  });

  test('takes the patch as the body under its own media type, with the life in a header', async () => {
    const door = new Door();
    door.sessions.reply = done();
    const headers = { ...MERGE_PATCH, 'maglia-ttl-seconds': '5', 'if-match': '"7"' };
    expect((await door.ask(withBody('PATCH', URL, '{"data": 1, "ttlSeconds": null}', headers))).status).toBe(200);
    const patch = Buffer.from('{"data":1,"ttlSeconds":null}');
    expect(door.command).toEqual({ kind: 'patch', id: ID, patch, ttlSeconds: 5, ifVersion: 7 });
  });

  test('does not take the life from two places', async () => {
    const door = new Door();
    const request = withBody('PATCH', URL, '{"data":{},"ttlSeconds":5}', { 'maglia-ttl-seconds': '5' });
    expect(await door.ask(request)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(door.sessions.calls).toEqual([]);
  });

  test.each([
    ['{"data":[1]}', {}],
    ['{"data":null}', {}],
    ['{}', {}],
    ['[1]', MERGE_PATCH],
    ['7', MERGE_PATCH],
    ['', MERGE_PATCH],
  ])('refuses a patch that is not an object: %s %j', async (body, headers) => {
    const door = new Door();
    const answer = await door.ask(withBody('PATCH', URL, body, headers));
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field: 'data' } });
    expect(door.sessions.calls).toEqual([]);
  });

  test('answers 409 where the session is not a JSON object', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'refused', code: 'NOT_JSON' };
    const answer = await door.ask(withBody('PATCH', URL, '{"data":{}}'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'NOT_JSON' } });
  });

  test('refuses a patch larger than any session', async () => {
    const door = new Door();
    const body = JSON.stringify({ data: { a: 'x'.repeat(SESSION.maxBytes) } });
    const answer = await door.ask(withBody('PATCH', URL, body));
    expect(answer).toMatchObject({ status: 413, body: { code: 'TOO_LARGE' } });
  });

  test('is the only call that takes the merge-patch type as JSON', async () => {
    const door = new Door();
    const answer = await door.ask(withBody('PUT', URL, '{"data":1}', MERGE_PATCH));
    expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});
