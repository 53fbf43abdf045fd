import { describe, expect, test } from 'vitest';
import { FrameError } from '../../../src/errors.ts';
import { FieldReader } from '../../../src/mesh/field-reader.ts';
import { FieldWriter } from '../../../src/mesh/field-writer.ts';
import { readItemOperation, writeItemOperation } from '../../../src/mesh/item-codec.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';

function written(operation: ItemOperation): Buffer {
  const writer = new FieldWriter();
  writeItemOperation(writer, operation);
  return writer.take();
}

describe('an item operation on its way to another node', () => {
  test('has these bytes', () => {
    expect(
      written({ kind: 'read', touchSeconds: -1, recacheBelowSeconds: 30, canWin: true, isPeek: false }).toString('hex'),
    ).toBe('010100000000000000000001000000000000001f0100');
    expect(
      written({
        kind: 'store',
        mode: 'cas',
        flags: 7,
        lifeSeconds: 0,
        cas: 9,
        isInvalidating: true,
        seen: 5,
        value: Buffer.from('v'),
      }).toString('hex'),
    ).toBe('020600000007000000000000000101000000000000000901' + '010000000000000005' + '0000000176');
    expect(written({ kind: 'arithmetic', direction: 'decr', delta: 2n ** 64n - 1n }).toString('hex')).toBe(
      '0502ffffffffffffffff000000',
    );
  });

  test('may ask for a life that is over already', () => {
    const touch: ItemOperation = { kind: 'touch', lifeSeconds: -1 };
    expect(readItemOperation(new FieldReader(written(touch)))).toEqual(touch);
  });

  test('with a cas above all of ours, as a client may send it, keeps one that equals none of ours and is larger', () => {
    const bytes = written({ kind: 'delete', cas: 2 ** 64 });
    expect(readItemOperation(new FieldReader(bytes))).toEqual({ kind: 'delete', cas: Number.MAX_SAFE_INTEGER });
  });

  test.each<[string, ItemOperation]>([
    ['a delta below 0', { kind: 'arithmetic', direction: 'incr', delta: -1n }],
    ['a delta of 65 bits', { kind: 'arithmetic', direction: 'incr', delta: 2n ** 64n }],
    ['a life below "over already"', { kind: 'touch', lifeSeconds: -2 }],
    ['a fraction of a second', { kind: 'touch', lifeSeconds: 0.5 }],
  ])('is not sent with %s', (_, operation) => {
    expect(() => written(operation)).toThrow(FrameError);
  });
});
