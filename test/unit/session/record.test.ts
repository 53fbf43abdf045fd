import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import {
  decodeRecord,
  encodeRecord,
  ENVELOPE_BYTES,
  RESET_REASONS,
  type LiveRecord,
  type SessionRecord,
  type Tombstone,
} from '../../../src/session/record.ts';

const anyId = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 250,
});
const anyMoment = fc.maxSafeNat();
const anyContent = fc.record({
  contentType: fc.oneof(
    fc.constantFrom('', 'application/json', 'text/plain; charset=utf-8'),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
  ),
  flags: fc.nat({ max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const anyLive: fc.Arbitrary<LiveRecord> = fc.record(
  {
    kind: fc.constant('live' as const),
    id: anyId,
    version: fc.maxSafeNat(),
    expiresAt: anyMoment,
    ttlSeconds: fc.nat({ max: 0xffff_ffff }),
    content: anyContent,
    grave: fc.record({ version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), until: anyMoment }),
  },
  { requiredKeys: ['kind', 'id', 'version', 'expiresAt', 'ttlSeconds', 'content'] },
);
const anyTombstone: fc.Arbitrary<Tombstone> = fc.record(
  {
    kind: fc.constant('tombstone' as const),
    id: anyId,
    version: fc.maxSafeNat(),
    expiresAt: anyMoment,
    reason: fc.constantFrom(...RESET_REASONS),
    successor: anyId,
    successorUntil: anyMoment,
    readableUntil: anyMoment,
    content: anyContent,
  },
  { requiredKeys: ['kind', 'id', 'version', 'expiresAt', 'reason', 'successorUntil', 'readableUntil'] },
);

const ID = 'a0123456789abcdefghijklmnop';
const LIVE: LiveRecord = {
  kind: 'live',
  id: ID,
  version: 1_700_000_000_000_001,
  expiresAt: 1_700_000_060_000,
  ttlSeconds: 60,
  content: { contentType: 'application/json', flags: 7, payload: Buffer.from('{"cart":["shirt"]}') },
};
const TOMBSTONE: Tombstone = {
  kind: 'tombstone',
  id: ID,
  version: 1_700_000_000_000_002,
  expiresAt: 1_700_000_060_000,
  reason: 'destroyed',
  successor: 'c0123456789abcdefghijklmnop',
  successorUntil: 1_700_000_030_000,
  readableUntil: 1_700_000_010_000,
  content: LIVE.content,
};
const SAMPLES: readonly (readonly [string, SessionRecord])[] = [
  ['a live record', LIVE],
  ['a live record without payload', { ...LIVE, content: { contentType: '', flags: 0, payload: Buffer.alloc(0) } }],
  ['a tombstone with all that it can have', TOMBSTONE],
  [
    'a bare tombstone',
    { kind: 'tombstone', id: ID, version: 3, expiresAt: 9, reason: 'expired', successorUntil: 0, readableUntil: 0 },
  ],
];

describe('a record', () => {
  test.each([
    ['live', anyLive],
    ['a tombstone', anyTombstone],
  ])('that is %s comes back from its bytes as it was', (_, anyRecord) => {
    fc.assert(
      fc.property<[SessionRecord]>(anyRecord, (record) => {
        expect(decodeRecord(encodeRecord(record), record.id)).toEqual(record);
      }),
      { seed: 41, numRuns: 400 },
    );
  });

  test('is written as every daemon of this format reads it: the store outlives the daemon that wrote it', () => {
    expect(encodeRecord(LIVE).toString('hex')).toBe(
      '4d01001b9447afdb00060a24181e40010000018bcfe652600000003c00000007100000010000000000000000000000000000000061303132333435363738396162636465666768696a6b6c6d6e6f706170706c69636174696f6e2f6a736f6e7b2263617274223a5b227368697274225d7d',
    );
    expect(encodeRecord(TOMBSTONE).toString('hex')).toBe(
      '4d01011b255e0a6600060a24181e40020000018bcfe65260000000000000000710031b010000018bcfe58f100000018bcfe5dd3061303132333435363738396162636465666768696a6b6c6d6e6f706170706c69636174696f6e2f6a736f6e63303132333435363738396162636465666768696a6b6c6d6e6f707b2263617274223a5b227368697274225d7d',
    );
  });

  test('keeps a tombstone without content apart from one with empty content', () => {
    const bare: Tombstone = {
      kind: 'tombstone',
      id: ID,
      version: 3,
      expiresAt: 9,
      reason: 'destroyed',
      successorUntil: 0,
      readableUntil: 8,
    };
    const empty = { ...bare, content: { contentType: '', flags: 0, payload: Buffer.alloc(0) } };
    expect(decodeRecord(encodeRecord(bare), ID)).not.toHaveProperty('content');
    expect(decodeRecord(encodeRecord(empty), ID)).toEqual(empty);
  });

  test('adds no more to its payload than it says', () => {
    const long: Tombstone = {
      ...TOMBSTONE,
      id: 'k'.repeat(250),
      successor: 's'.repeat(250),
      content: { ...LIVE.content, contentType: 't'.repeat(255) },
    };
    expect(encodeRecord(long).length - LIVE.content.payload.length).toBeLessThanOrEqual(ENVELOPE_BYTES);
  });

  test('takes an id, a content type and a successor of 255 bytes', () => {
    const [id, successor] = ['k'.repeat(255), 's'.repeat(255)];
    const longest: Tombstone = {
      ...TOMBSTONE,
      id,
      successor,
      content: { ...LIVE.content, contentType: 't'.repeat(255) },
    };
    expect(decodeRecord(encodeRecord(longest), id)).toEqual(longest);
  });

  test('is refused where a field does not fit, rather than cut', () => {
    const contentType = 'é'.repeat(128);
    expect(() => encodeRecord({ ...LIVE, content: { ...LIVE.content, contentType } })).toThrow(RecordError);
    expect(() => encodeRecord({ ...LIVE, id: 'k'.repeat(256) })).toThrow(RecordError);
    expect(() => encodeRecord({ ...TOMBSTONE, successor: 's'.repeat(256) })).toThrow(RecordError);
  });
});

describe('S0 yours only: bytes that do not prove themselves', () => {
  test.each(SAMPLES)('%s is refused with any single byte changed in any way', (_, record) => {
    const bytes = encodeRecord(record);
    const accepted: string[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      for (let flip = 1; flip < 256; flip += 1) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
        if (isAccepted(damaged)) accepted.push(`byte ${at} ^ ${flip}`);
      }
    }
    expect(accepted).toEqual([]);
  });

  test.each(SAMPLES)('%s is refused when cut at any length, or with something behind it', (_, record) => {
    const bytes = encodeRecord(record);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeRecord(bytes.subarray(0, length), ID)).toThrow(RecordError);
    }
    expect(() => decodeRecord(Buffer.concat([bytes, Buffer.of(0)]), ID)).toThrow(RecordError);
    expect(() => decodeRecord(Buffer.concat([bytes, bytes]), ID)).toThrow(RecordError);
  });

  test.each(SAMPLES)("%s is never another id's, though it be whole", (_, record) => {
    const others = [`${ID}x`, ID.slice(0, -1), ID.slice(1), 'b0123456789abcdefghijklmnop', ID.toUpperCase(), ''];
    for (const other of others) expect(() => decodeRecord(encodeRecord(record), other)).toThrow(RecordError);
  });

  test('what is no record at all is refused by a RecordError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => decodeRecord(Buffer.from(noise), ID)).toThrow(RecordError);
      }),
      { seed: 42, numRuns: 500 },
    );
  });

  test.each([
    ['another magic', 0, 0x4e],
    ['a later format', 1, 2],
    ['a kind that is neither live nor tombstone', 2, 2],
    ['a reason that is none', 33, RESET_REASONS.length],
    ['a successor longer than all the rest', 34, 255],
  ])('%s is refused, though the checksum is right', (_, at, value) => {
    for (const [, record] of SAMPLES) {
      const bytes = encodeRecord(record);
      bytes.writeUInt8(value, at);
      seal(bytes);
      expect(() => decodeRecord(bytes, ID)).toThrow(RecordError);
    }
  });

  test('a right checksum over impossible fields does not help: refused, or whole and of this id', () => {
    const anyDamage = fc.array(fc.tuple(fc.integer({ min: 2, max: 59 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), anyDamage, ([, record], damage) => {
        const bytes = encodeRecord(record);
        for (const [at, value] of damage) bytes.writeUInt8(value, at);
        seal(bytes);
        try {
          expect(decodeRecord(bytes, ID).id).toBe(ID);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordError);
        }
      }),
      { seed: 43, numRuns: 1000 },
    );
  });
});

/** Gives changed bytes a right checksum. */
function seal(bytes: Buffer): void {
  bytes.writeUInt32BE(crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4))), 4);
}

function isAccepted(bytes: Buffer): boolean {
  try {
    decodeRecord(bytes, ID);
    return true;
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}
