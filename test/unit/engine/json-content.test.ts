import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isObject, mergePatch } from '../../../src/engine/json-content.ts';
import type { Json } from '../../../src/session/acceptable.ts';

function jsonOf(text: string): Json {
  return JSON.parse(text) as Json;
}

/** RFC 7396, appendix A: the whole table of original, patch and result. */
const EXAMPLES: readonly (readonly [original: string, patch: string, result: string])[] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

describe('merge patch (RFC 7396)', () => {
  test.each(EXAMPLES)('appendix A: %s patched with %s is %s', (original, patch, result) => {
    expect(mergePatch(jsonOf(original), jsonOf(patch))).toEqual(jsonOf(result));
  });

  test('an absent target counts as an empty object, and nulls in the patch leave nothing', () => {
    expect(mergePatch(undefined, { a: { b: null, c: 1 } })).toEqual({ a: { c: 1 } });
  });

  test('a key named __proto__ stays a plain key and pollutes nothing', () => {
    const patched = mergePatch(
      jsonOf('{"a":1}'),
      jsonOf('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'),
    );
    expect(JSON.stringify(patched)).toBe(
      '{"a":1,"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}',
    );
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
    expect('isAdmin' in {}).toBe(false);
  });

  test('a key named __proto__ is merged and removed like any other', () => {
    const target = jsonOf('{"__proto__":{"a":1,"b":2}}');
    expect(JSON.stringify(mergePatch(target, jsonOf('{"__proto__":{"a":null}}')))).toBe('{"__proto__":{"b":2}}');
    expect(JSON.stringify(mergePatch(target, jsonOf('{"__proto__":null}')))).toBe('{}');
    expect(JSON.stringify(mergePatch({}, jsonOf('{"toString":null,"a":{"valueOf":null}}')))).toBe('{"a":{}}');
  });

  const anyJson = fc.jsonValue({ maxDepth: 4 }).map((value) => jsonOf(JSON.stringify(value)));

  test('changes neither of what it is given, and does what it did before when done again', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
        expect(JSON.stringify(mergePatch(once, patch))).toBe(JSON.stringify(once));
      }),
      { seed: 61, numRuns: 300 },
    );
  });

  test('two patches of different keys come to the same in either order', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b'), anyJson),
        fc.dictionary(fc.constantFrom('c', 'd'), anyJson),
        (x, y) => {
          const target = { a: 1, c: { deep: true } };
          expect(mergePatch(mergePatch(target, x), y)).toEqual(mergePatch(mergePatch(target, y), x));
        },
      ),
      { seed: 62, numRuns: 200 },
    );
  });
});

test('only a JSON object is an object: not an array, not null, not a missing value', () => {
  expect(isObject({})).toBe(true);
  for (const value of [[], null, undefined, 'text', 1, true]) expect(isObject(value)).toBe(false);
});
