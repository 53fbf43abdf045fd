import { describe, expect, test } from 'vitest';
import { loggable, withoutIds } from '../../../../src/session/loggable.ts';
import { done, Door, found, ID, OTHER_ID, withBody } from './door.ts';

const URL = `/v1/sessions/${ID}`;

describe('the log', () => {
  test('never has a full id, whatever is asked and however it ends', async () => {
    const door = new Door({}, 'trace');
    door.sessions.reply = found('{}');
    await door.ask({ method: 'GET', url: URL });
    await door.ask({ method: 'GET', url: `${URL}/data?x=${OTHER_ID}` });
    await door.ask({ method: 'GET', url: `${URL}/nothing` });
    await door.ask({ method: 'GET', url: `${URL}%zz` });
    await door.ask({ method: 'OPTIONS', url: URL });
    await door.ask({ method: 'GET', url: URL, headers: { host: 'evil.example' } });
    await door.ask(withBody('PUT', URL, '{'));
    await door.ask(withBody('POST', '/v1/sessions/open', JSON.stringify({ id: OTHER_ID })));
    door.sessions.reply = done({ id: OTHER_ID });
    await door.ask({ method: 'POST', url: `${URL}/rotate` });
    door.sessions.reply = new RangeError(`${ID} and ${OTHER_ID}`, { cause: new RangeError(ID) });
    await door.ask({ method: 'GET', url: URL });

    const log = door.logLines.join('');
    expect(door.logLines.length).toBeGreaterThanOrEqual(9);
    expect(log).toContain('a0123…');
    expect(log).not.toContain(ID);
    expect(log).not.toContain(OTHER_ID);
    expect(log).not.toContain(ID.slice(0, 6));
  });

  test('has one line per request at level debug, with what was asked and how it ended', async () => {
    const door = new Door();
    door.sessions.reply = found('{}');
    await door.ask({ method: 'GET', url: URL });
    const [line] = door.logLines.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(line).toMatchObject({ method: 'GET', route: '/v1/sessions/:id', session: 'a0123…', status: 200 });
    expect(door.logLines).toHaveLength(1);
  });

  test('has nothing to say at level info about requests that are answered as they should be', async () => {
    const door = new Door({}, 'info');
    door.sessions.reply = found('{}');
    await door.ask({ method: 'GET', url: URL });
    await door.ask({ method: 'GET', url: '/v1/sessions/malformed' });
    expect(door.logLines).toEqual([]);
  });
});

describe('withoutIds', () => {
  test('shortens every id in a text and leaves the rest', () => {
    expect(withoutIds(`get ${ID}: ${OTHER_ID}!`)).toBe('get a0123…: bzyxw…!');
    const digest = 'A'.repeat(40);
    expect(withoutIds(digest)).toBe(digest);
  });
});

describe('loggable', () => {
  test('keeps the causes of an error, without ids', () => {
    const error = new RangeError('outer', { cause: new TypeError(`inner ${ID}`) });
    const { type, message, stack } = loggable(error);
    expect({ type, message }).toEqual({ type: 'RangeError', message: 'outer' });
    expect(stack).toContain('caused by: TypeError: inner a0123…');
  });

  test('stops in a circle of causes', () => {
    const error = new RangeError('round');
    error.cause = error;
    expect(loggable(error).stack.match(/caused by/g)).toHaveLength(4);
  });

  test('takes what is not an error as text', () => {
    expect(loggable(`no ${ID}`)).toEqual({ type: 'string', message: 'no a0123…', stack: '' });
  });
});
