import { describe, expect, it } from 'vitest';
import {
  encodeControlReply,
  encodeRevive,
  parseControlReply,
  parseRevive,
  type ControlReply,
} from '../../../../src/cli/up/control-socket.ts';

describe('what up is told', () => {
  it('is one line, read as it was written', () => {
    const line = encodeRevive('b');
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parseRevive(line)).toBe('b');
  });

  it.each(['', 'b', '{}', 'null', '[]', '{"revive":1}', '{"revive":"b"'])('is nothing where the line is %j', (line) => {
    expect(parseRevive(line)).toBeUndefined();
  });
});

describe('what up answers', () => {
  it.each<ControlReply>([
    { kind: 'failed', message: 'two\nlines', exitCode: 1 },
    {
      kind: 'ready',
      node: {
        letter: 'b' as never,
        pid: 2,
        http: 'http://127.0.0.1:1',
        memcached: '127.0.0.1:3',
        mesh: '127.0.0.1:2',
        store: { kind: 'memory', pid: null },
      },
    },
  ])('is one line, read as it was written: %j', (reply) => {
    const line = encodeControlReply(reply);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parseControlReply(line)).toEqual(reply);
  });

  it.each([
    '',
    'nonsense',
    '{"kind":"other"}',
    '{"kind":"ready"}',
    '{"kind":"ready","node":{"letter":"b"}}',
    '{"kind":"failed"}',
    // No exit status of ours, or that of a success.
    '{"kind":"failed","message":"all is well","exitCode":0}',
    '{"kind":"failed","message":"x","exitCode":99}',
    '{"kind":"failed","message":"x","exitCode":"1"}',
  ])('is nothing where the line is %j', (line) => {
    expect(parseControlReply(line)).toBeUndefined();
  });

  it('has nothing in it that a terminal would obey', () => {
    const node = { letter: 'b', pid: 2, http: 'http://\u001b[2J', memcached: '\n', mesh: '\u009b', store: {} };
    const line = JSON.stringify({ kind: 'ready', node: { ...node, store: { kind: 'memory', pid: null } } });
    expect(parseControlReply(line)).toMatchObject({
      node: { http: 'http://\\u001b[2J', memcached: '\\n', mesh: '\\u009b' },
    });
  });
});
