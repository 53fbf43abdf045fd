import { describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES, ResponseDecoder } from '../../../src/store/memcached-protocol.ts';
import { encodeAnswer } from '../../support/memcached-wire.ts';

interface Seen {
  readonly opaque: number;
  readonly status: number;
  readonly extras: string;
  readonly key: string;
  readonly value: string;
}

const ANSWERS = Buffer.concat([
  encodeAnswer({ opcode: 0, opaque: 1, extras: Buffer.from('abcd'), value: 'hello' }),
  encodeAnswer({ opcode: 1, opaque: 2 }),
  encodeAnswer({ opcode: 0, opaque: 3, status: 1, value: 'Not found' }),
  encodeAnswer({ opcode: 0x10, opaque: 0xffff_ffff, extras: Buffer.from('xy'), key: 'name', value: '' }),
]);

const EXPECTED: readonly Seen[] = [
  { opaque: 1, status: 0, extras: 'abcd', key: '', value: 'hello' },
  { opaque: 2, status: 0, extras: '', key: '', value: '' },
  { opaque: 3, status: 1, extras: '', key: '', value: 'Not found' },
  { opaque: 0xffff_ffff, status: 0, extras: 'xy', key: 'name', value: '' },
];

function decode(chunks: readonly Buffer[]): { seen: Seen[]; malformed: string[] } {
  const seen: Seen[] = [];
  const malformed: string[] = [];
  const decoder = new ResponseDecoder({
    response: ({ header, extras, key, val }) => {
      const { opaque, status } = header;
      seen.push({ opaque, status, extras: extras.toString(), key: key.toString(), value: val.toString() });
    },
    malformed: (reason) => malformed.push(reason),
  });
  for (const chunk of chunks) decoder.push(chunk);
  return { seen, malformed };
}

/** A small generator with a seed, so that a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('the response decoder', () => {
  test('reads answers that arrive whole', () => {
    expect(decode([ANSWERS])).toEqual({ seen: EXPECTED, malformed: [] });
  });

  test('reads answers that arrive byte by byte', () => {
    const bytes = [...ANSWERS].map((byte) => Buffer.from([byte]));
    expect(decode(bytes)).toEqual({ seen: EXPECTED, malformed: [] });
  });

  test('reads answers that are split at any one point', () => {
    for (let at = 0; at <= ANSWERS.length; at += 1) {
      expect(decode([ANSWERS.subarray(0, at), ANSWERS.subarray(at)])).toEqual({ seen: EXPECTED, malformed: [] });
    }
  });

  test('reads answers that are cut into random pieces', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 300; round += 1) {
      const stream = Buffer.concat([ANSWERS, ANSWERS, ANSWERS]);
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length;) {
        const end = at + random(70);
        chunks.push(stream.subarray(at, end));
        at = end;
      }
      expect(decode(chunks).seen).toEqual([...EXPECTED, ...EXPECTED, ...EXPECTED]);
    }
  });

  test('hands out a value that came in one chunk without copying it', () => {
    const chunk = encodeAnswer({ opcode: 0, opaque: 1, extras: Buffer.alloc(4), value: 'hello' });
    let value: Buffer | undefined;
    const decoder = new ResponseDecoder({
      response: ({ val }) => {
        value = val;
      },
      malformed: () => undefined,
    });
    decoder.push(chunk);
    expect(value?.buffer).toBe(chunk.buffer);
  });

  test('says nothing of an answer that is not complete', () => {
    for (let at = 0; at < 33; at += 1) {
      expect(decode([ANSWERS.subarray(0, at)])).toEqual({ seen: [], malformed: [] });
    }
  });

  test.each([
    ['a request instead of an answer', 0, 0x80],
    ['another protocol', 0, 0x45],
    ['an unknown data type', 5, 1],
    ['parts that are longer than the whole', 4, 200],
  ])('refuses %s, and everything after it', (_, at, byte) => {
    const broken = Buffer.from(ANSWERS);
    broken.writeUInt8(byte, at);
    const { seen, malformed } = decode([broken, ANSWERS]);
    expect(seen).toEqual([]);
    expect(malformed).toHaveLength(1);
  });

  test('refuses a length that nobody means, before any of it is collected', () => {
    const broken = encodeAnswer({ opcode: 0, opaque: 1 });
    broken.writeUInt32BE(MAX_BODY_BYTES + 1, 8);
    expect(decode([broken]).malformed).toHaveLength(1);
  });

  test('takes random bytes without throwing, and refuses them at most once', () => {
    const random = randomFrom(11);
    for (let round = 0; round < 500; round += 1) {
      const chunks = Array.from({ length: 5 }, () =>
        Buffer.from(Array.from({ length: random(60) }, () => random(256))),
      );
      expect(decode(chunks).malformed.length).toBeLessThanOrEqual(1);
    }
  });
});
