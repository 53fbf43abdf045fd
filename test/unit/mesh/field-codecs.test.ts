import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameError } from '../../../src/errors.ts';
import { FieldReader } from '../../../src/mesh/field-reader.ts';
import { FieldWriter } from '../../../src/mesh/field-writer.ts';
import { isKeyForm } from '../../../src/session/session-id.ts';

const SEED = 7421;

/** What a written id comes back as, or undefined where it is refused. */
function sent(id: string): string | undefined {
  const writer = new FieldWriter();
  try {
    writer.id(id);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    return undefined;
  }
  return new FieldReader(writer.take()).id();
}

function received(bytes: Buffer): string | undefined {
  try {
    return new FieldReader(Buffer.concat([Buffer.from([bytes.length]), bytes])).id();
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    return undefined;
  }
}

describe('an id travels exactly where it has the form of a key', () => {
  test('of each character alone, and of one beyond a byte that ends like a printable one', () => {
    for (let code = 0; code <= 0x1ff; code++) {
      const id = String.fromCharCode(code);
      expect(sent(id)).toBe(isKeyForm(id) ? id : undefined);
    }
  });

  test.each([0, 1, 2, 27, 249, 250, 251, 255, 256])('of %d characters', (length) => {
    const id = 'a'.repeat(length);
    expect(sent(id)).toBe(isKeyForm(id) ? id : undefined);
  });

  test('as it is read, for each byte at each end', () => {
    for (let byte = 0; byte <= 0xff; byte++) {
      for (const bytes of [Buffer.from([byte, 0x61]), Buffer.from([0x61, byte])]) {
        const id = bytes.toString('latin1');
        expect(received(bytes)).toBe(isKeyForm(id) ? id : undefined);
      }
    }
    expect(received(Buffer.alloc(251, 'a'))).toBeUndefined();
    expect(received(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('what is taken from a writer', () => {
  test('is what was written since, however much that was, and is never written again', () => {
    const turns = fc.array(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 }), { maxLength: 60 });
    fc.assert(
      fc.property(turns, (all) => {
        const writer = new FieldWriter();
        const taken = all.map((fields) => {
          for (const field of fields) writer.bytes(Buffer.from(field));
          return writer.take();
        });
        taken.forEach((bytes, turn) => {
          const reader = new FieldReader(bytes);
          for (const field of all[turn] ?? []) expect(reader.bytes().equals(Buffer.from(field))).toBe(true);
          reader.end();
        });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('does not have what was taken back, and patches count from its own beginning', () => {
    const writer = new FieldWriter();
    for (let turn = 0; turn < 2000; turn++) {
      writer.u32(0);
      writer.u32(turn);
      const { length } = writer;
      writer.integer(turn);
      writer.truncate(length);
      writer.patchU32(0, turn + 1);
      const reader = new FieldReader(writer.take());
      expect([reader.u32(), reader.u32()]).toEqual([turn + 1, turn]);
      reader.end();
    }
  });
});
