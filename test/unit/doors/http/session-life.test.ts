import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { ROTATED, WRITTEN } from '../../../../src/doors/http/reply-schemas.ts';
import { done, Door, ID, OTHER_ID, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

describe('POST /v1/sessions/:id/touch', () => {
  test('extends the life, by a given time or by the last one', async () => {
    const door = new Door();
    door.sessions.reply = done({ ttlSeconds: 90 });
    const answer = await door.ask(withBody('POST', `${URL}/touch`, '{"ttlSeconds":90}'));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: ID, version: 7, ttlSeconds: 90, owner: 'a' });
    expect(Value.Check(WRITTEN, answer.body)).toBe(true);
    expect(door.command).toEqual({ kind: 'touch', id: ID, ttlSeconds: 90 });

    await door.ask({ method: 'POST', url: `${URL}/touch` });
    expect(door.command).toEqual({ kind: 'touch', id: ID });
  });
});

describe('POST /v1/sessions/:id/rotate', () => {
  test('answers the new id, its place, and which id it follows', async () => {
    const door = new Door();
    door.sessions.reply = done({ id: OTHER_ID, version: 8 });
    const answer = await door.ask(withBody('POST', `${URL}/rotate`, '{"graceSeconds":0}'));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: OTHER_ID, version: 8, ttlSeconds: 60, owner: 'b', previous: ID });
    expect(Value.Check(ROTATED, answer.body)).toBe(true);
    expect(answer.headers).toMatchObject({ location: `/v1/sessions/${OTHER_ID}`, etag: '"8"' });
    expect(door.command).toEqual({ kind: 'rotate', id: ID, graceSeconds: 0 });

    await door.ask({ method: 'POST', url: `${URL}/rotate` });
    expect(door.command).toEqual({ kind: 'rotate', id: ID });
  });
});

describe('POST /v1/sessions/:id/unlock', () => {
  test('gives the lock back', async () => {
    const door = new Door();
    door.sessions.reply = done({ version: 0, ttlSeconds: 0 });
    const answer = await door.ask(withBody('POST', `${URL}/unlock`, '{"token":"T"}'));
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(door.command).toEqual({ kind: 'unlock', id: ID, token: 'T' });
  });

  test('says when the lock was lost', async () => {
    const door = new Door();
    door.sessions.reply = { kind: 'refused', code: 'LOCK_LOST' };
    const answer = await door.ask(withBody('POST', `${URL}/unlock`, '{"token":"T"}'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'LOCK_LOST' } });
  });
});
