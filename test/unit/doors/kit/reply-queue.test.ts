import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { ReplyQueue } from '../../../../src/doors/kit/reply-queue.ts';

let left: string[];
let queue: ReplyQueue<string>;

beforeEach(() => {
  left = [];
  queue = new ReplyQueue<string>(
    (chunks) => left.push(...chunks.map(String)),
    (reply) => reply.length,
  );
});

function encode(reply: string): readonly Buffer[] {
  return [Buffer.from(reply)];
}

describe('the reply queue', () => {
  test('a reply leaves as soon as all before it have, and not before', () => {
    const [a, b, c] = [queue.reserve(encode), queue.reserve(encode), queue.reserve(encode)];
    queue.fill(c, 'c');
    queue.fill(a, 'a');
    expect(left).toEqual(['a']);
    queue.fill(b, 'b');
    expect(left).toEqual(['a', 'b', 'c']);
    expect(queue.length).toBe(0);
  });

  test('whatever the order of the answers, replies leave in the order of the requests', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }), (order) => {
        left = [];
        const places = [...Array(12).keys()].map(() => queue.reserve(encode));
        for (const index of order) {
          const place = places[index];
          if (place !== undefined) queue.fill(place, String(index));
        }
        expect(left).toEqual([...Array(12).keys()].map(String));
      }),
    );
  });

  test('what is appended leaves behind all replies before it, and holds up none', () => {
    const append = (text: string): void => queue.append(() => [Buffer.from(text)]);
    append('at once');
    const [a, b] = [queue.reserve(encode), queue.reserve(encode)];
    append('end');
    const c = queue.reserve(encode);
    queue.fill(c, 'c');
    queue.fill(b, 'b');
    expect(left).toEqual(['at once']);
    queue.fill(a, 'a');
    expect(left).toEqual(['at once', 'a', 'b', 'end', 'c']);
    expect(queue.length).toBe(0);
    expect(queue.readyBytes).toBe(0);
  });

  test('each is encoded by its own request, in order', () => {
    const encoded: string[] = [];
    const place = (name: string): ReturnType<typeof queue.reserve> =>
      queue.reserve((reply) => {
        encoded.push(`${name}:${reply}`);
        return [];
      });
    const [first, second] = [place('first'), place('second')];
    queue.fill(second, '2');
    expect(encoded).toEqual([]);
    queue.fill(first, '1');
    expect(encoded).toEqual(['first:1', 'second:2']);
  });

  test('a place that has been answered stays as it is', () => {
    const [first, second] = [queue.reserve(encode), queue.reserve(encode)];
    queue.fill(second, 'right');
    queue.fill(second, 'wrong');
    queue.fill(first, 'first');
    queue.fill(first, 'again');
    expect(left).toEqual(['first', 'right']);
  });

  test('what waits for others is counted', () => {
    const [first, second] = [queue.reserve(encode), queue.reserve(encode)];
    queue.fill(second, 'four');
    expect(queue.readyBytes).toBe(4);
    queue.fill(first, 'x');
    expect(queue.readyBytes).toBe(0);
  });

  test('after the end, an answer goes nowhere', () => {
    const [first, second] = [queue.reserve(encode), queue.reserve(encode)];
    queue.fill(second, 'late');
    queue.clear();
    queue.fill(first, 'later');
    expect(left).toEqual([]);
    expect(queue.length).toBe(0);
  });

  test('a reply that cannot be encoded leaves nothing in another’s place (S0)', () => {
    const broken = queue.reserve(() => {
      throw new RangeError('no such reply');
    });
    const next = queue.reserve(encode);
    queue.fill(next, 'next');
    expect(() => queue.fill(broken, 'x')).toThrow(RangeError);
    expect(left).toEqual([]);
  });
});
