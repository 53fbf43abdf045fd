import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../../src/config/json-text.ts';

function duplicatesOf(text: string): readonly (readonly string[])[] {
  const json = readJson(text);
  return json.kind === 'json' ? json.duplicates : [['not JSON']];
}

function isValid(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('readJson', () => {
  test('a key that stands twice in one object is told with its path, at any level', () => {
    expect(duplicatesOf('{"letters":{"a":"x","b":"y","a":"z"}}')).toEqual([['letters', 'a']]);
    expect(duplicatesOf('{"a":1,"a":2,"b":[{"c":1},{"c":1,"c":{"d":1,"d":2}}]}')).toEqual([
      ['a'],
      ['b', '1', 'c'],
      ['b', '1', 'c', 'd'],
    ]);
  });

  test('two spellings of one key are one key', () => {
    expect(duplicatesOf(String.raw`{"a":1,"\u0061":2}`)).toEqual([['a']]);
  });

  test('the same key in two objects is no duplicate', () => {
    expect(duplicatesOf('[{"a":1},{"a":1,"b":{"a":1}}]')).toEqual([]);
  });

  test('what looks like structure inside a text is text', () => {
    expect(duplicatesOf(String.raw`{"a":"{\"b\":1,\"b\":2}","c":"\\","d":"]}"}`)).toEqual([]);
  });

  test.each([
    ['', 1, 1],
    ['{"a": }', 1, 7],
    ['{"a":1,}', 1, 8],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['{"a":01}', 1, 6],
    ['{a:1}', 1, 2],
    ['[1,2', 1, 5],
    ['{"a":"x', 1, 6],
    ['{} {}', 1, 4],
    ['nope', 1, 1],
    ['{"a":1}\n// no comments', 2, 1],
  ])('%j is no JSON, at line %i, column %i', (text, line, column) => {
    expect(readJson(text)).toEqual({ kind: 'malformed', line, column });
  });

  test('nesting has a limit, so that a hostile file cannot exhaust the stack', () => {
    expect(readJson('['.repeat(100_000)).kind).toBe('malformed');
    expect(readJson('['.repeat(30) + ']'.repeat(30)).kind).toBe('json');
  });

  test('a text of a megabyte is read', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(500_000) });
    expect(readJson(text).kind).toBe('json');
  });

  test('it reads exactly what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(readJson(text)).toEqual({ kind: 'json', value: JSON.parse(text) as unknown, duplicates: [] });
      }),
      { seed: 2, numRuns: 300 },
    );
    const mark = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      'true',
      'null',
      ' ',
      '\u00a0',
      '\\',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 12 }), (marks) => {
        const text = marks.join('');
        expect(readJson(text).kind).toBe(isValid(text) ? 'json' : 'malformed');
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  test('every cut of a valid text is told as malformed, and a place in it', () => {
    const text = String.raw`{"letters":{"a":"x\n"},"n":[1.5e3,true,null]}`;
    for (let end = 0; end < text.length; end += 1) {
      const json = readJson(text.slice(0, end));
      expect(json.kind).toBe('malformed');
      expect(json.kind === 'malformed' && json.column <= end + 1).toBe(true);
    }
  });
});
