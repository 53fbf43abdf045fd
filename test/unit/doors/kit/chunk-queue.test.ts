import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkQueue } from '../../../../src/doors/kit/chunk-queue.ts';

const LARGE = 5000;

function queueOf(...chunks: readonly Buffer[]): ChunkQueue {
  const queue = new ChunkQueue();
  for (const chunk of chunks) queue.push(chunk);
  return queue;
}

describe('a chunk queue', () => {
  test('gives a view where one chunk has all the bytes', () => {
    const chunk = Buffer.from('0123456789');
    const queue = queueOf(chunk);
    expect(queue.consume(2).toString()).toBe('01');
    const view = queue.consume(5);
    expect(view.toString()).toBe('23456');
    expect(view.buffer).toBe(chunk.buffer);
    expect(view.byteOffset).toBe(chunk.byteOffset + 2);
    expect(queue.byteLength).toBe(3);
  });

  test('puts bytes of several chunks together', () => {
    const queue = queueOf(Buffer.alloc(LARGE, 'a'), Buffer.alloc(LARGE, 'b'), Buffer.alloc(LARGE, 'c'));
    queue.consume(LARGE - 1);
    expect(queue.consume(LARGE + 2).toString()).toBe(`a${'b'.repeat(LARGE)}c`);
    expect(queue.byteLength).toBe(LARGE - 1);
  });

  test('leaves large chunks where they are, however many there are', () => {
    const chunks = Array.from({ length: 20 }, (_, index) => Buffer.alloc(LARGE, index));
    const queue = queueOf(...chunks);
    for (const chunk of chunks) expect(queue.consume(LARGE).buffer).toBe(chunk.buffer);
  });

  test('finds a byte in any chunk, from anywhere', () => {
    const queue = queueOf(Buffer.from('..x'), Buffer.alloc(LARGE, '.'), Buffer.from('.x.'));
    queue.consume(1);
    expect(queue.indexOf(0x78, 0)).toBe(1);
    expect(queue.indexOf(0x78, 1)).toBe(1);
    expect(queue.indexOf(0x78, 2)).toBe(LARGE + 3);
    expect(queue.indexOf(0x78, LARGE + 4)).toBe(-1);
    expect(queue.indexOf(0x79, 0)).toBe(-1);
  });

  test('drops the bytes that are to be skipped, those that are here and those that come', () => {
    const queue = queueOf(Buffer.from('abc'));
    queue.skip(8);
    expect(queue.byteLength).toBe(0);
    queue.push(Buffer.from('defg'));
    expect(queue.byteLength).toBe(0);
    queue.push(Buffer.from('hijk'));
    expect(queue.consume(3).toString()).toBe('ijk');
  });

  test('skips nothing more once it was cleared', () => {
    const queue = queueOf(Buffer.from('abc'));
    queue.skip(8);
    queue.clear();
    queue.push(Buffer.from('xyz'));
    expect(queue.consume(3).toString()).toBe('xyz');
  });

  test('takes a small rest out of the chunk it came in', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const queue = queueOf(chunk);
    queue.consume(chunk.length - 10);
    queue.settle();
    const rest = queue.consume(10);
    expect(rest.toString()).toBe('x'.repeat(10));
    expect(rest.buffer.byteLength).toBeLessThan(1000);
  });

  test('leaves a large rest in the chunk it came in', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const queue = queueOf(chunk);
    queue.consume(10);
    queue.settle();
    expect(queue.consume(LARGE).buffer).toBe(chunk.buffer);
  });

  test('never writes to a chunk that it was given', () => {
    const chunk = Buffer.from('abc');
    const queue = queueOf(chunk.subarray(0, 2));
    queue.push(Buffer.from('X'));
    expect(queue.consume(3).toString()).toBe('abX');
    expect(chunk.toString()).toBe('abc');
  });

  test('holds single bytes in little more memory than they are', () => {
    const queue = new ChunkQueue();
    const views = new Set<ArrayBufferLike>();
    const count = 100_000;
    for (let index = 0; index < count; index++) {
      queue.push(Buffer.from([index % 256]));
      queue.settle();
    }
    expect(queue.byteLength).toBe(count);
    // Views of a block each: as many as there are blocks, and no larger than they have to be.
    let bytes = 0;
    for (let index = 0; index < count; index++) {
      const { buffer } = queue.consume(1);
      if (!views.has(buffer)) bytes += buffer.byteLength;
      views.add(buffer);
    }
    expect(bytes).toBeLessThan(3 * count);
    expect(views.size).toBeLessThan(100);
  });

  test('is the bytes that were pushed, whatever was pushed and consumed', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 2000, max: 2100 }) }),
      fc.record({ do: fc.constant('consume' as const), bytes: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ do: fc.constant('peek' as const), bytes: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ do: fc.constant('skip' as const), bytes: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ do: fc.constant('settle' as const), bytes: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ChunkQueue();
        let expected = Buffer.alloc(0);
        let skipped = 0;
        let next = 0;
        for (const { do: what, bytes } of steps) {
          const length = Math.min(bytes, expected.length);
          switch (what) {
            case 'push': {
              const chunk = Buffer.from(Array.from({ length: bytes }, () => next++ % 251));
              queue.push(chunk);
              const dropped = Math.min(skipped, bytes);
              skipped -= dropped;
              expected = Buffer.concat([expected, chunk.subarray(dropped)]);
              break;
            }
            case 'consume':
              expect(queue.consume(length).equals(expected.subarray(0, length))).toBe(true);
              expected = expected.subarray(length);
              break;
            case 'peek':
              expect(queue.peekLatin1(length)).toBe(expected.toString('latin1', 0, length));
              break;
            case 'skip':
              // A decoder skips only when it has finished skipping.
              if (skipped > 0) break;
              queue.skip(bytes);
              skipped = bytes - length;
              expected = expected.subarray(length);
              break;
            case 'settle':
              queue.settle();
              break;
          }
          expect(queue.byteLength).toBe(expected.length);
          expect(queue.indexOf(7, 3)).toBe(expected.indexOf(7, 3));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
