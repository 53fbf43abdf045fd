import { describe, expect, it } from 'vitest';
import { terminalLine, terminalText, withTerminalLines, formatTable } from '../../../src/cli/terminal-text.ts';

describe('a text of somebody else', () => {
  it.each([
    ['a title', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['an empty screen', '\u001b[2J', '\\u001b[2J'],
    ['the same in one character', '\u009b2J', '\\u009b2J'],
    ['a line that is written over', 'bad\rgood', 'bad\\u000dgood'],
    ['what is taken back', 'x\b\u007f', 'x\\u0008\\u007f'],
    ['letters turned round', 'a\u202ecba\u2066', 'a\\u202ecba\\u2066'],
  ])('does not steer a terminal by %s', (_, text, written) => {
    expect(terminalText(text)).toBe(written);
  });

  it('keeps its lines, its tabs and its letters', () => {
    const text = 'größer\tπ 日本 👩‍👩‍👧\nnext';
    expect(terminalText(text)).toBe(text);
  });

  it('in one line begins no other', () => {
    expect(terminalLine('a\nnode b: serving\tx')).toBe('a\\nnode b: serving\\tx');
  });

  it('that is JSON stays the same JSON', () => {
    const value = { 'k\u009b': '\u001b\u007f\u202e\n' };
    expect(JSON.parse(terminalText(JSON.stringify(value)))).toEqual(value);
  });

  it('is found wherever it stands in a value', () => {
    expect(withTerminalLines({ a: [{ 'b\u001b': 'c\n' }, 1, null, true] })).toEqual({
      a: [{ 'b\\u001b': 'c\\n' }, 1, null, true],
    });
  });
});

it('makes columns as wide as their widest cell, two spaces apart, and ends no line in spaces', () => {
  const table = formatTable(
    ['letter', 'x'],
    [
      ['a', 'long cell'],
      ['b', ''],
    ],
  );
  expect(table).toBe('letter  x\na       long cell\nb\n');
});
