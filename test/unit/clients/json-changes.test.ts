import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyChanges,
  changesBetween,
  toMergePatch,
  type Json,
  type JsonObject,
} from '../../../src/clients/json-changes.ts';
import { mergePatch } from '../../../src/engine/json-content.ts';

/** Few keys and values, so that two documents have much in common; `__proto__` is refused by every door. */
const document = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, 0, 1, 'a', true),
    fc.array(fc.constantFrom<Json>(null, 1, 2), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
})).object;

function patchOf(from: JsonObject, to: JsonObject): JsonObject | undefined {
  return toMergePatch(changesBetween(from, to));
}

describe('what changed in a session', () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['a new key', { a: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['another value', { a: 1 }, { a: 2 }, { a: 2 }],
    ['a key that is gone', { a: 1, b: 1 }, { a: 1 }, { b: null }],
    ['a key that is gone further down', { a: { b: 1, c: 1 } }, { a: { b: 1 } }, { a: { c: null } }],
    ['an array, as a whole', { a: [1, 2] }, { a: [1, null] }, { a: [1, null] }],
    ['an object in place of a value', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['an empty object', {}, { a: {} }, { a: {} }],
    ['nothing', { a: { b: [1] } }, { a: { b: [1] } }, {}],
    ['nothing but the order', { a: 1, b: 2 }, { b: 2, a: 1 }, {}],
  ])('%s', (_, from, to, patch) => {
    expect(patchOf(from, to)).toEqual(patch);
  });

  test.each<[JsonObject]>([[{ a: null }], [{ a: { b: null } }], [{ a: { b: { c: null } } }]])(
    '%j cannot be said by a merge patch, except to whoever has it already',
    (to) => {
      expect(patchOf({}, to)).toBeUndefined();
      expect(patchOf(to, { ...to, x: 1 })).toEqual({ x: 1 });
    },
  );

  test('made to what it was, it is what it became', () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        expect(applyChanges(from, changesBetween(from, to))).toEqual(to);
      }),
    );
  });

  test("the owner makes the same of the patch, with the daemon's own merge", () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        const patch = patchOf(from, to);
        fc.pre(patch !== undefined);
        expect(mergePatch(structuredClone(from) as never, patch as never)).toEqual(to);
      }),
    );
  });

  test('what others did to other keys stays', () => {
    fc.assert(
      fc.property(document, document, document, (from, to, others) => {
        const theirs = Object.fromEntries(Object.entries(others).map(([key, value]) => [`their ${key}`, value]));
        expect(applyChanges({ ...from, ...theirs }, changesBetween(from, to))).toEqual({ ...to, ...theirs });
      }),
    );
  });
});
