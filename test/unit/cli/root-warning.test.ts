import { expect, test } from 'vitest';
import { warnOfRoot } from '../../../src/cli/root-warning.ts';

function warningsFor(userId: number | undefined): unknown[] {
  const warned: unknown[] = [];
  warnOfRoot(userId, { warn: (text: unknown) => void warned.push(text) });
  return warned;
}

test('a daemon that is root is told to have a user of its own, and no other is told anything', () => {
  expect(warningsFor(0)).toEqual([expect.stringContaining('a user of its own')]);
  expect(warningsFor(1000)).toEqual([]);
  expect(warningsFor(undefined)).toEqual([]);
});
