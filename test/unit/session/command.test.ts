import { expect, test } from 'vitest';
import { isRead, type SessionCommand } from '../../../src/session/command.ts';

test('only what leaves no trace may be asked again after a lost answer: get, and open without a lock', () => {
  const id = 'a0123456789abcdefghijklmnop';
  const content = { contentType: 'text/plain', flags: 0, payload: Buffer.from('x') };
  const commands: SessionCommand[] = [
    { kind: 'get', id },
    { kind: 'open', id },
    { kind: 'open', id, lock: { waitMs: 10 } },
    { kind: 'put', id, content },
    { kind: 'keep', id, content },
    { kind: 'patch', id, patch: Buffer.from('{}') },
    { kind: 'touch', id },
    { kind: 'rotate', id },
    { kind: 'destroy', id },
    { kind: 'unlock', id, token: 't' },
    { kind: 'succeed', id, successor: 'c0123456789abcdefghijklmnop' },
  ];
  expect(commands.filter(isRead)).toEqual(commands.slice(0, 2));
});
