import { describe, expect, test } from 'vitest';
import { matchesIfNoneMatch, onCondition, passesIfMatch } from '../../../../src/doors/http/preconditions.ts';
import type { SessionCommand } from '../../../../src/session/command.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import { Door, done, ID, withBody } from './door.ts';

const FOUND = done({ version: 7 });
const CONFLICT = { kind: 'refused', code: 'VERSION_CONFLICT', version: 7 };

interface Outcome {
  readonly reply: Reply;
  /** The versions that were acted on. */
  readonly acts: (number | undefined)[];
  readonly reads: SessionCommand[];
}

async function conditioned(headers: Readonly<Record<string, string>>, found: Reply = FOUND): Promise<Outcome> {
  const reads: SessionCommand[] = [];
  const acts: (number | undefined)[] = [];
  const dispatch = (command: SessionCommand): Reply => {
    reads.push(command);
    return found;
  };
  const reply = await onCondition({ dispatch }, ID, headers, (ifVersion) => {
    acts.push(ifVersion);
    return done();
  });
  return { reply, acts, reads };
}

describe('a write with If-Match (RFC 9110, 13.1.1)', () => {
  test('that has one strong tag goes to the owner as it is', async () => {
    expect(await conditioned({ 'if-match': '"7"' })).toMatchObject({ acts: [7], reads: [] });
    expect(await conditioned({ 'if-match': ' "8" ' })).toMatchObject({ acts: [8], reads: [] });
  });

  test('that is * is done whatever the version is', async () => {
    expect(await conditioned({ 'if-match': '*' })).toMatchObject({ acts: [undefined], reads: [] });
  });

  test.each(['"x", "7"', '"7","8"', ',"8" ,, "7",', '"a,b", "7"', 'W/"7", "7"'])(
    'that has a list is done where one member is the version, and on that version: %s',
    async (ifMatch) => {
      expect(await conditioned({ 'if-match': ifMatch })).toMatchObject({ acts: [7], reads: [{ kind: 'get', id: ID }] });
    },
  );

  test.each(['W/"7"', '"x"', '"x", "8"', '"07"', '"7,"', '""', 'W/"7", W/"8"', '"a,"'])(
    'that names another version, or this one weakly, is refused: %s',
    async (ifMatch) => {
      expect(await conditioned({ 'if-match': ifMatch })).toMatchObject({ reply: CONFLICT, acts: [] });
    },
  );

  test('of a session that is not there says so', async () => {
    const miss: Reply = { kind: 'miss', reason: 'expired' };
    expect(await conditioned({ 'if-match': 'W/"7"' }, miss)).toMatchObject({ reply: miss, acts: [] });
  });
});

describe('a write with If-None-Match (RFC 9110, 13.1.2)', () => {
  test.each(['*', '"7"', 'W/"7"', '"x", W/"7"'])('that has the version, also weakly, is refused: %s', async (tags) => {
    expect(await conditioned({ 'if-none-match': tags })).toMatchObject({ reply: CONFLICT, acts: [] });
  });

  test('that has other versions is done on the one that was found', async () => {
    expect(await conditioned({ 'if-none-match': '"6", "x"' })).toMatchObject({ acts: [7] });
  });

  test('holds together with If-Match', async () => {
    expect(await conditioned({ 'if-match': '"7"', 'if-none-match': '"7"' })).toMatchObject({ acts: [] });
    expect(await conditioned({ 'if-match': '"7"', 'if-none-match': '"6"' })).toMatchObject({ acts: [7] });
  });
});

test('a comma in a tag does not make two of it', () => {
  expect(matchesIfNoneMatch('"6,"7"', 7)).toBe(false);
  expect(matchesIfNoneMatch('"6,7"', 7)).toBe(false);
  expect(passesIfMatch('"6,7", "7"', 7)).toBe(true);
});

test('a list of thousands is read in a moment, whether it is one or not', () => {
  expect(passesIfMatch(`${'"1", '.repeat(3000)}"7"`, 7)).toBe(true);
  expect(matchesIfNoneMatch(`${' ,'.repeat(8000)}x`, 7)).toBe(false);
});

describe('If-Match over HTTP', () => {
  test.each(['/', '/data'])('lets a GET of %s pass for this version only', async (path) => {
    const url = `/v1/sessions/${ID}${path === '/' ? '' : path}`;
    const door = new Door();
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };
    door.sessions.reply = done({ version: 7, content });
    expect((await door.ask({ url, headers: { 'if-match': '"6", "7"' } })).status).toBe(200);
    const refused = await door.ask({ url, headers: { 'if-match': 'W/"7"' } });
    expect(refused).toMatchObject({ status: 412, body: { code: 'VERSION_CONFLICT', version: 7 } });
  });

  test('makes a DELETE one that the owner compares', async () => {
    const door = new Door();
    const request = { method: 'DELETE', url: `/v1/sessions/${ID}`, headers: { 'if-match': '"7"' } } as const;
    door.sessions.reply = { kind: 'answered', answer: { kind: 'deleted' } };
    expect((await door.ask(request)).status).toBe(204);
    expect(door.command).toEqual({ kind: 'item', id: ID, isSession: true, operation: { kind: 'delete', cas: 7 } });
    door.sessions.reply = { kind: 'answered', answer: { kind: 'exists' } };
    expect(await door.ask(request)).toMatchObject({ status: 412, body: { code: 'VERSION_CONFLICT' } });
    door.sessions.reply = { kind: 'answered', answer: { kind: 'not-found' } };
    expect(await door.ask(request)).toMatchObject({ status: 404, body: { code: 'SESSION_MISS' } });
  });

  test('refuses a PUT, a PATCH and a PUT of bytes for a weak tag', async () => {
    const door = new Door();
    door.sessions.reply = FOUND;
    const url = `/v1/sessions/${ID}`;
    const headers = { 'if-match': 'W/"7"' };
    for (const request of [
      withBody('PUT', url, '{"data":1}', headers),
      withBody('PATCH', url, '{"data":{}}', headers),
      withBody('PUT', `${url}/data`, '1', headers),
    ]) {
      expect(await door.ask(request)).toMatchObject({ status: 412, body: { code: 'VERSION_CONFLICT', version: 7 } });
      expect(door.command?.kind).toBe('get');
    }
  });
});
