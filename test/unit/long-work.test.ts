import { expect, test } from 'vitest';
import { isLongWork, LongWork } from '../../src/long-work.ts';

/** Resolves in the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('S6: of long work one piece is done in each turn of the event loop, first come first served', async () => {
  const work = new LongWork();
  const done: string[] = [];
  const request = async (name: string): Promise<void> => {
    for (const piece of [1, 2]) {
      await work.piece();
      done.push(`${name}${piece}`);
    }
  };
  const all = Promise.all([request('a'), request('b'), request('c')]);
  for (let turns = 0; done.length < 6; turns += 1) {
    expect(done.length).toBeLessThanOrEqual(turns);
    expect(turns).toBeLessThan(20);
    await turn();
  }
  await all;
  expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
});

test('a piece that is asked for later is done as well', async () => {
  const work = new LongWork();
  await work.piece();
  await turn();
  await work.piece();
});

test('what takes less than a moment is not long', () => {
  expect(isLongWork(32_767)).toBe(false);
  expect(isLongWork(32_768)).toBe(true);
});
