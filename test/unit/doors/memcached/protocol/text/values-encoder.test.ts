import { describe, expect, test } from 'vitest';
import type { MemcachedReply } from '../../../../../../src/doors/memcached/protocol/reply.ts';
import type { ValuesShape } from '../../../../../../src/doors/memcached/protocol/reply-shape.ts';
import { ValuesEncoder } from '../../../../../../src/doors/memcached/protocol/text/values-encoder.ts';

const UNREACHABLE: MemcachedReply = {
  kind: 'server-error',
  code: 'OWNER_UNREACHABLE',
  text: 'the owner does not answer',
};
const ERROR_LINE = 'SERVER_ERROR OWNER_UNREACHABLE the owner does not answer\r\n';

function shape(keys: readonly string[], hasCas = false): ValuesShape {
  return { protocol: 'text', answer: 'values', keys, hasCas };
}

function hit(value: string, cas = 1): MemcachedReply {
  return { kind: 'hit', value: Buffer.from(value), flags: 5, cas };
}

function encode(keys: readonly string[], replies: readonly MemcachedReply[], hasCas = false): string {
  const encoder = new ValuesEncoder(shape(keys, hasCas));
  const parts = [...replies.flatMap((reply) => encoder.next(reply)), ...encoder.end()];
  return Buffer.concat(parts).toString('latin1');
}

describe('the replies to the keys of one get', () => {
  test('are a VALUE for each hit, nothing for a miss, and END', () => {
    expect(encode(['a', 'b', 'c'], [hit('1'), { kind: 'miss' }, hit('333')])).toBe(
      'VALUE a 5 1\r\n1\r\nVALUE c 5 3\r\n333\r\nEND\r\n',
    );
  });

  test('tell the cas where it was asked for', () => {
    expect(encode(['a'], [hit('1', 42)], true)).toBe('VALUE a 5 1 42\r\n1\r\nEND\r\n');
  });

  test('are only END for no key at all', () => {
    expect(encode([], [])).toBe('END\r\n');
  });

  test('pass values on without copying them', () => {
    const value = Buffer.from('value');
    const parts = new ValuesEncoder(shape(['a'])).next({ kind: 'hit', value, flags: 0, cas: 1 });
    expect(parts).toContain(value);
  });

  test('end with the first error: a value after it would be taken for the next answer (S0)', () => {
    expect(encode(['a', 'b', 'c'], [hit('1'), UNREACHABLE, hit('3')])).toBe(`VALUE a 5 1\r\n1\r\n${ERROR_LINE}`);
    expect(encode(['a', 'b'], [UNREACHABLE, UNREACHABLE])).toBe(ERROR_LINE);
  });

  test('never say END of keys that have no reply: that would call them misses', () => {
    expect(encode(['a', 'b'], [hit('1')])).toMatch(/^VALUE a 5 1\r\n1\r\nSERVER_ERROR MISFIT .*\r\n$/);
  });

  test('are an error where a reply is none to a read, or one too many', () => {
    expect(encode(['a'], [{ kind: 'deleted' }])).toMatch(/^SERVER_ERROR MISFIT /);
    expect(encode(['a'], [{ kind: 'miss' }, hit('1')])).toMatch(/^SERVER_ERROR MISFIT /);
  });
});
