import { describe, expect, test } from 'vitest';
import { Batch } from '../../../../src/doors/kit/batch.ts';
import type { MemcachedRead } from '../../../../src/doors/memcached/protocol/command.ts';
import type { MemcachedReply } from '../../../../src/doors/memcached/protocol/reply.ts';
import type { ValuesShape } from '../../../../src/doors/memcached/protocol/reply-shape.ts';
import { ValuesEncoder } from '../../../../src/doors/memcached/protocol/text/values-encoder.ts';

function batchOf(...keys: string[]): Batch<MemcachedRead, MemcachedReply, ValuesShape> {
  const reads = keys.map((key): MemcachedRead => ({
    kind: 'read',
    key,
    touch: undefined,
    vivify: undefined,
    recache: undefined,
    isPeek: false,
  }));
  const shape: ValuesShape = { protocol: 'text', answer: 'values', keys, hasCas: false };
  return new Batch(reads, shape, new ValuesEncoder(shape));
}

const HIT: MemcachedReply = { kind: 'hit', value: Buffer.from('v'), flags: 0, cas: 1 };
const DOWN: MemcachedReply = { kind: 'server-error', code: 'OWNER_UNREACHABLE', text: 'x' };

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString();
}

describe('a get of several keys', () => {
  test('is begun key by key', () => {
    const batch = batchOf('a', 'b');
    const begun: string[] = [];
    for (let read = batch.next; read !== undefined; read = batch.next) {
      begun.push(read.key);
      batch.advance();
    }
    expect(begun).toEqual(['a', 'b']);
  });

  test('is answered by its hits in order, then END', () => {
    const batch = batchOf('a', 'b', 'c');
    const replies: MemcachedReply[] = [HIT, { kind: 'miss' }, HIT];
    expect(replies.map((reply) => text(batch.encode(reply))).join('') + text(batch.encodeEnd())).toBe(
      'VALUE a 0 1\r\nv\r\nVALUE c 0 1\r\nv\r\nEND\r\n',
    );
  });

  test('fails as a whole when one key cannot be answered, and does not begin the others', () => {
    const batch = batchOf('a', 'b', 'c', 'd');
    batch.advance();
    batch.advance();
    expect(text(batch.encode(HIT))).toBe('VALUE a 0 1\r\nv\r\n');
    expect(text(batch.encode(DOWN))).toBe('SERVER_ERROR OWNER_UNREACHABLE x\r\n');
    expect(batch.next).toBeUndefined();
    expect(text(batch.encodeEnd())).toBe('');
  });
});
