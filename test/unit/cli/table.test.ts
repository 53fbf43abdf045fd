import { expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/table.ts';

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
