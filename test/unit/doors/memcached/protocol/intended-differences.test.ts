import { describe, expect, test } from 'vitest';
import { intendedDifferences } from '../../../../conformance/intended-differences.ts';
import { ModelConnection } from '../../../../conformance/model-connection.ts';
import { bytesOf } from '../../../../conformance/scenario.ts';

describe('the intended differences', () => {
  test.each(intendedDifferences)('$id is answered as it is written down', ({ steps, maglia }) => {
    const connection = new ModelConnection();
    const answers = steps.map((step) => connection.send(bytesOf(step)));
    expect(answers.at(-1)).toEqual(maglia);
  });

  test('are differences', () => {
    for (const { memcached, maglia } of intendedDifferences) expect(maglia).not.toEqual(memcached);
  });

  test('have names of their own', () => {
    const ids = intendedDifferences.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
