import { expect, test } from 'vitest';
import { Expositions } from '../../../src/metrics/expositions.ts';

interface Making {
  readonly text: string;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

function expositions(): { made: Making[]; expositions: Expositions } {
  const made: Making[] = [];
  const make = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = `text ${made.length + 1}`;
      made.push({ text, finish: () => resolve(text), fail: reject });
    });
  return { made, expositions: new Expositions(make) };
}

/** Two turns of the event loop, and what follows from them at once. */
async function turn(): Promise<void> {
  for (let step = 0; step < 2; step += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('S6: a hundred that ask at once cost two texts: the one that is being made, and one for all others', async () => {
  const { expositions: all, made } = expositions();
  const asked = Array.from({ length: 100 }, () => all.take());
  expect(made).toHaveLength(1);
  made[0]?.finish();
  await turn();
  expect(made).toHaveLength(2);
  made[1]?.finish();
  expect(await Promise.all(asked)).toEqual(['text 1', ...Array.from({ length: 99 }, () => 'text 2')]);
});

test('each text begins in a turn of its own, after those who asked for it', async () => {
  const { expositions: all, made } = expositions();
  const first = all.take();
  const second = all.take();
  made[0]?.finish();
  await first;
  expect(made).toHaveLength(1);
  await turn();
  const third = all.take();
  made[1]?.finish();
  expect(await second).toBe('text 2');
  await turn();
  made[2]?.finish();
  expect(await third).toBe('text 3');
  const fourth = all.take();
  expect(made).toHaveLength(4);
  made[3]?.finish();
  await fourth;
});

test('a text that cannot be made fails for those who asked for it, not for those after them', async () => {
  const { expositions: all, made } = expositions();
  const first = all.take();
  const second = all.take();
  made[0]?.fail(new RangeError('no figures'));
  await expect(first).rejects.toThrow('no figures');
  await turn();
  made[1]?.finish();
  expect(await second).toBe('text 2');
});
