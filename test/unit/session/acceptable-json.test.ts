import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAcceptableJson, isJsonType, readJson } from '../../../src/session/acceptable-json.ts';

const fault = (text: string | Buffer, most?: number): string => {
  const reading = readJson(Buffer.from(text), most);
  return reading.kind === 'json' ? 'none' : reading.fault;
};
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('JSON that is let in', () => {
  test('is text in UTF-8', () => {
    const text = '{"name":"Zoë 🧶","list":[1,null,true]}';
    expect(readJson(Buffer.from(text))).toMatchObject({ kind: 'json', value: JSON.parse(text) as unknown });
    expect(fault(Buffer.from('"Zoë"', 'latin1'))).toBe('not-json');
    expect(fault(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toBe('not-json');
    expect(fault('\ufeff{"a":2}')).toBe('not-json');
  });

  test.each(['', '{', '{"a":1,}', 'undefined', "{'a':1}", '{"a":NaN}', '"\n"', '[1] 2'])(
    'is JSON: %j is not',
    (text) => {
      expect(fault(text)).toBe('not-json');
    },
  );

  test('is at most 128 levels deep', () => {
    expect(fault(nested(128))).toBe('none');
    expect(fault(nested(129))).toBe('too-deep');
    expect(fault('{"a":'.repeat(200))).toBe('too-deep');
    expect(fault(JSON.stringify('['.repeat(200)))).toBe('none');
  });

  test.each([
    '{"__proto__":{"isAdmin":true}}',
    '[[{"a":{"\\u005f_proto__":1}}]]',
    '{"constructor":{"prototype":{}}}',
    '{"\\u0063onstructor":{"prototype":1}}',
  ])('has no key that reaches the prototype of everything: %s', (text) => {
    expect(fault(text)).toBe('not-json');
  });

  test.each([
    '{"constructor":1}',
    '{"prototype":1}',
    '"__proto__"',
    '["constructor.prototype"]',
    '{"constructor":null}',
  ])('may say so where it reaches nothing: %s', (text) => {
    expect(fault(text)).toBe('none');
  });

  test.each(['1e400', '[-1E400]', '{"n":1e309}', `[${'9'.repeat(310)}]`, `{"a":{"b":[${'1'.repeat(309)}0]}}`])(
    'has no number that is infinite: %.20s',
    (text) => {
      expect(fault(text)).toBe('not-json');
    },
  );

  test.each(['1e308', '[1e-400]', '"1e400"', `0.${'1'.repeat(500)}`, '{"1e400":true}'])(
    'may have any other number: %.20s',
    (text) => {
      expect(fault(text)).toBe('none');
    },
  );

  test('S6: has no more keys and values than the limit', () => {
    expect(fault('[1,2,3]', 3)).toBe('none');
    expect(fault('[1,2,3,4]', 3)).toBe('too-many-values');
    expect(fault('{"a":1,"b":2}', 4)).toBe('none');
    expect(fault('{"a":1,"b":2,"c":3}', 4)).toBe('too-many-values');
    expect(fault('["a,b:[{","\\",,,,"]', 2)).toBe('none');
  });

  test('S6: is refused for what it has too much of before it is parsed', () => {
    expect(fault('[,,,,', 3)).toBe('too-many-values');
    expect(fault('['.repeat(129))).toBe('too-deep');
  });

  test('is all that JSON.stringify writes and that has nothing of these', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        const isHarmful = /"(?:__proto__|constructor)"/.test(text);
        expect(isHarmful || isAcceptableJson(Buffer.from(text))).toBe(true);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

test.each([
  ['application/json', true],
  ['application/vnd.shop+json', true],
  ['Application/JSON; charset=utf-8', true],
  ['application/json ; a=b', true],
  ['application/json-seq', false],
  ['application/jsonp', false],
  ['text/json', false],
  ['application/octet-stream', false],
])('content of type %s claims to be JSON: %j', (type, claims) => {
  expect(isJsonType(type)).toBe(claims);
});
