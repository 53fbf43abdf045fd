import { describe, expect, test } from 'vitest';
import { bytesToCheck, isAcceptable } from '../../../src/session/acceptable-command.ts';
import type { Content, SessionCommand } from '../../../src/session/command.ts';

const ID = 'a0123456789abcdefghijklmnop';

function content(text: string, contentType = 'application/json'): Content {
  return { contentType, flags: 0, payload: Buffer.from(text) };
}

const GOOD: readonly SessionCommand[] = [
  { kind: 'put', id: ID, content: content('{}'), ttlSeconds: 315_360_000 },
  { kind: 'put', id: ID, content: content('\ufeff', 'text/plain; charset=utf-8') },
  { kind: 'keep', id: ID, content: content('', 'application/octet-stream') },
  { kind: 'patch', id: ID, patch: Buffer.from('{"a":null}') },
  { kind: 'touch', id: ID },
  { kind: 'rotate', id: ID, graceSeconds: 3600 },
  { kind: 'succeed', id: ID, successor: `b${ID.slice(1)}` },
  { kind: 'flush', id: 'a' },
];

const BAD: readonly SessionCommand[] = [
  { kind: 'put', id: ID, content: content('1,"owner":"z","id":"forged"') },
  { kind: 'put', id: ID, content: content('\ufeff{"a":2}') },
  { kind: 'put', id: ID, content: content('['.repeat(129) + ']'.repeat(129)) },
  { kind: 'put', id: ID, content: content('{"__proto__":{}}', 'application/vnd.shop+json') },
  { kind: 'put', id: ID, content: content('x', 'text/html\r\nset-cookie: a=b') },
  { kind: 'put', id: ID, content: content('x', 'html') },
  { kind: 'put', id: ID, content: content('x', '') },
  { kind: 'put', id: ID, content: content('{}'), ttlSeconds: 315_360_001 },
  { kind: 'keep', id: ID, content: content('') },
  { kind: 'keep', id: ID, content: content('{}'), ttlSeconds: 2 ** 53 - 1 },
  { kind: 'patch', id: ID, patch: Buffer.from('{"n":1e400}') },
  { kind: 'patch', id: ID, patch: Buffer.from('{}'), ttlSeconds: 2 ** 53 - 1 },
  { kind: 'touch', id: ID, ttlSeconds: 2 ** 53 - 1 },
  { kind: 'rotate', id: ID, graceSeconds: 3601 },
  { kind: 'rotate', id: ID, graceSeconds: 2 ** 53 - 1 },
  { kind: 'succeed', id: ID, successor: 'anything' },
];

describe('S7: what a peer asks', () => {
  test.each(GOOD)('is taken where a door lets it in: %j', (command) => {
    expect(isAcceptable(command)).toBe(true);
  });

  test.each(BAD)('is not taken where no door lets it in: %j', (command) => {
    expect(isAcceptable(command)).toBe(false);
  });

  test('takes as long to check as there is JSON in it', () => {
    expect(bytesToCheck({ kind: 'put', id: ID, content: content('[1]') })).toBe(3);
    expect(bytesToCheck({ kind: 'patch', id: ID, patch: Buffer.from('{}') })).toBe(2);
    expect(bytesToCheck({ kind: 'put', id: ID, content: content('x', 'text/plain') })).toBe(0);
    expect(bytesToCheck({ kind: 'get', id: ID })).toBe(0);
  });
});
