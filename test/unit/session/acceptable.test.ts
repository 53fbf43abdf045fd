import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAcceptableJson, isJsonType, readJson, bytesToCheck, isAcceptable } from '../../../src/session/acceptable.ts';
import type { Content, SessionCommand } from '../../../src/session/command.ts';

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

const ID = 'a0123456789abcdefghijklmnop';

function content(text: string, contentType = 'application/json'): Content {
  return { contentType, flags: 0, payload: Buffer.from(text) };
}

const GOOD: readonly SessionCommand[] = [
  { kind: 'put', id: ID, content: content('{}'), ttlSeconds: 315_360_000 },
  { kind: 'put', id: ID, content: content('\ufeff', 'text/plain; charset=utf-8') },
  { kind: 'keep', id: ID, content: content('', 'application/octet-stream') },
  { kind: 'patch', id: ID, patch: Buffer.from('{"a":null}') },
  { kind: 'touch', id: ID },
  { kind: 'rotate', id: ID, graceSeconds: 3600 },
  { kind: 'succeed', id: ID, successor: `b${ID.slice(1)}` },
  { kind: 'flush', id: 'a' },
];

const BAD: readonly SessionCommand[] = [
  { kind: 'put', id: ID, content: content('1,"owner":"z","id":"forged"') },
  { kind: 'put', id: ID, content: content('\ufeff{"a":2}') },
  { kind: 'put', id: ID, content: content('['.repeat(129) + ']'.repeat(129)) },
  { kind: 'put', id: ID, content: content('{"__proto__":{}}', 'application/vnd.shop+json') },
  { kind: 'put', id: ID, content: content('x', 'text/html\r\nset-cookie: a=b') },
  { kind: 'put', id: ID, content: content('x', 'html') },
  { kind: 'put', id: ID, content: content('x', '') },
  { kind: 'put', id: ID, content: content('{}'), ttlSeconds: 315_360_001 },
  { kind: 'keep', id: ID, content: content('') },
  { kind: 'keep', id: ID, content: content('{}'), ttlSeconds: 2 ** 53 - 1 },
  { kind: 'patch', id: ID, patch: Buffer.from('{"n":1e400}') },
  { kind: 'patch', id: ID, patch: Buffer.from('{}'), ttlSeconds: 2 ** 53 - 1 },
  { kind: 'touch', id: ID, ttlSeconds: 2 ** 53 - 1 },
  { kind: 'rotate', id: ID, graceSeconds: 3601 },
  { kind: 'rotate', id: ID, graceSeconds: 2 ** 53 - 1 },
  { kind: 'succeed', id: ID, successor: 'anything' },
];

describe('S7: what a peer asks', () => {
  test.each(GOOD)('is taken where a door lets it in: %j', (command) => {
    expect(isAcceptable(command)).toBe(true);
  });

  test.each(BAD)('is not taken where no door lets it in: %j', (command) => {
    expect(isAcceptable(command)).toBe(false);
  });

  test('takes as long to check as there is JSON in it', () => {
    expect(bytesToCheck({ kind: 'put', id: ID, content: content('[1]') })).toBe(3);
    expect(bytesToCheck({ kind: 'patch', id: ID, patch: Buffer.from('{}') })).toBe(2);
    expect(bytesToCheck({ kind: 'put', id: ID, content: content('x', 'text/plain') })).toBe(0);
    expect(bytesToCheck({ kind: 'get', id: ID })).toBe(0);
  });
});
