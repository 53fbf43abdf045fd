import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { decodeRecord, encodeRecord, type LiveRecord, type Tombstone } from '../../../src/session/record.ts';

const ID = 'a0123456789abcdefghijklmnop';
const BITS_AT = 35;

const LIVE: LiveRecord = {
  kind: 'live',
  id: ID,
  version: 1_700_000_000_000_001,
  expiresAt: 1_700_000_060_000,
  ttlSeconds: 60,
  content: { contentType: 'application/json', flags: 7, payload: Buffer.from('{"cart":["shirt"]}') },
};

/** As a daemon wrote it that knew of no marks. */
const FORMER = Buffer.from(
  '4d01001b9447afdb00060a24181e40010000018bcfe652600000003c00000007100000010000000000000000000000000000000061303132333435363738396162636465666768696a6b6c6d6e6f706170706c69636174696f6e2f6a736f6e7b2263617274223a5b227368697274225d7d',
  'hex',
);

function withBits(bits: number): Buffer {
  const bytes = encodeRecord(LIVE);
  bytes.writeUInt8(bits, BITS_AT);
  bytes.writeUInt32BE(crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4))), 4);
  return bytes;
}

describe('the marks of a record', () => {
  test.each([{}, { isStale: true }, { isWon: true }, { isReserved: true }, { isStale: true, isWon: true }] as const)(
    '%j come back from its bytes',
    (marks) => {
      expect(decodeRecord(encodeRecord({ ...LIVE, ...marks }), ID)).toEqual({ ...LIVE, ...marks });
    },
  );

  test('cost no byte, and each has a bit of its own', () => {
    const bits = [{}, { isStale: true }, { isWon: true }, { isReserved: true }] as const;
    const records = bits.map((marks) => encodeRecord({ ...LIVE, ...marks }));
    expect(records.map((bytes) => bytes.readUInt8(BITS_AT))).toEqual([1, 3, 5, 9]);
    expect(new Set(records.map(({ length }) => length)).size).toBe(1);
  });

  test('a record from before there were any reads as unmarked, and is still written so', () => {
    expect(decodeRecord(FORMER, ID)).toStrictEqual(LIVE);
    expect(encodeRecord(LIVE)).toEqual(FORMER);
  });

  test('bits that stand for nothing are refused', () => {
    for (const bits of [16, 17, 32, 128, 255]) expect(() => decodeRecord(withBits(bits), ID)).toThrow(RecordError);
  });

  test('a tombstone has none, and keeps its content', () => {
    const tombstone: Tombstone = {
      kind: 'tombstone',
      id: ID,
      version: 3,
      expiresAt: 9,
      reason: 'destroyed',
      successorUntil: 0,
      readableUntil: 8,
      content: LIVE.content,
    };
    expect(decodeRecord(encodeRecord(tombstone), ID)).toStrictEqual(tombstone);
  });
});
