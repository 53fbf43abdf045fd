import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Turns } from '../../../src/engine/turns.ts';

/** A piece of work that ends when told. */
function work(): {
  readonly task: () => Promise<void>;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
} {
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { task: () => ended, end, fail };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe('turns', () => {
  test('the tasks of one id run one at a time, first come first served', async () => {
    const turns = new Turns(10);
    const story: string[] = [];
    const [first, second] = [work(), work()];
    const all = Promise.all([
      turns.take('a', async () => {
        story.push('first begins');
        await first.task();
        story.push('first ends');
      }),
      turns.take('a', async () => {
        story.push('second begins');
        await second.task();
        story.push('second ends');
      }),
      turns.take('a', () => Promise.resolve(void story.push('third'))),
    ]);
    second.end();
    await settle();
    expect(story).toEqual(['first begins']);
    first.end();
    await all;
    expect(story).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third']);
  });

  test('a task whose turn it is begins at once', async () => {
    const turns = new Turns(1);
    let hasBegun = false;
    const taken = turns.take('a', () => Promise.resolve((hasBegun = true)));
    expect(hasBegun).toBe(true);
    await taken;
  });

  test('different ids do not wait for each other', async () => {
    const turns = new Turns(1);
    const slow = work();
    const blocked = turns.take('a', slow.task);
    await expect(turns.take('b', () => Promise.resolve('done'))).resolves.toBe('done');
    slow.end();
    await blocked;
  });

  test('each caller gets what its own task came to', async () => {
    const turns = new Turns(10);
    const results = [1, 2, 3].map(async (number) => turns.take('a', () => Promise.resolve(number)));
    await expect(Promise.all(results)).resolves.toEqual([1, 2, 3]);
  });

  test('a failing task fails for its own caller and does not block the line', async () => {
    const turns = new Turns(10);
    const failing = work();
    const failed = turns.take('a', failing.task);
    const thrown = turns.take('a', () => {
      throw new RangeError('at once');
    });
    const after = turns.take('a', () => Promise.resolve('after'));
    failing.fail(new RangeError('later'));
    await expect(failed).rejects.toThrow('later');
    await expect(thrown).rejects.toThrow('at once');
    await expect(after).resolves.toBe('after');
  });

  test('what a failing task comes to is up to its caller, whether its turn was at once or later', async () => {
    const turns = new Turns(10);
    const failing = work();
    const rescued = (error: unknown): string => (error instanceof RangeError ? `rescued: ${error.message}` : 'no');
    const fail = (): never => {
      throw new RangeError('thrown');
    };
    expect(turns.take('a', fail, rescued)).toBe('rescued: thrown');
    const first = turns.take('a', () => failing.task().then(() => 'no'), rescued);
    const queued = turns.take('a', fail, rescued);
    const after = turns.take('a', () => Promise.resolve('after'), rescued);
    failing.fail(new RangeError('later'));
    await expect(Promise.all([first, queued, after])).resolves.toEqual(['rescued: later', 'rescued: thrown', 'after']);
    expect(turns.size).toBe(0);
  });

  test('S6 bounded: a line has room up to its limit, the one whose turn it is included, each id for itself', async () => {
    const turns = new Turns(2);
    const [first, second] = [work(), work()];
    expect(turns.hasRoom('a')).toBe(true);
    const one = turns.take('a', first.task);
    expect(turns.hasRoom('a')).toBe(true);
    const two = turns.take('a', second.task);
    expect(turns.hasRoom('a')).toBe(false);
    expect(turns.hasRoom('b')).toBe(true);
    first.end();
    await one;
    expect(turns.hasRoom('a')).toBe(true);
    second.end();
    await two;
  });

  test('who wants to be alone waits for what has begun, and all others wait for it, of whatever id', async () => {
    const turns = new Turns(10);
    const done: string[] = [];
    const [first, inLine, whole] = [gated(), gated(), gated()];
    const begun = turns.take('a', () => first.opened.then(() => void done.push('begun')));
    const next = turns.take('a', () => inLine.opened.then(() => void done.push('in line')));
    const alone = turns.alone(() => whole.opened.then(() => void done.push('alone')));
    const other = turns.take('b', () => Promise.resolve(void done.push('other')));
    for (const gate of [whole, inLine]) gate.open();
    await settle();
    expect(done).toEqual([]);
    first.open();
    await Promise.all([begun, next, alone, other]);
    expect(done.slice(0, 2)).toEqual(['begun', 'alone']);
    expect(turns.size).toBe(0);
  });

  test('two that want to be alone are so one after the other, also where the first fails', async () => {
    const turns = new Turns(10);
    const gate = gated();
    const done: string[] = [];
    const first = turns.alone(() => gate.opened.then(() => Promise.reject(new RangeError('on purpose'))));
    const second = turns.alone(() => Promise.resolve(void done.push('second')));
    const other = turns.take('a', () => Promise.resolve(void done.push('other')));
    await settle();
    expect(done).toEqual([]);
    gate.open();
    await expect(first).rejects.toThrow('on purpose');
    await Promise.all([second, other]);
    expect(done.toSorted()).toEqual(['other', 'second']);
  });

  test('in any interleaving: never two at once, always in order, and no id is remembered when its line is empty', async () => {
    const anyTask = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      pauses: fc.nat({ max: 4 }),
      fails: fc.boolean(),
      before: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyTask, { maxLength: 40 }), async (tasks) => {
        const turns = new Turns(100);
        const running = new Map<string, number>();
        const finished = new Map<string, number[]>();
        const taken: Promise<unknown>[] = [];
        for (const [number, { id, pauses, fails, before }] of tasks.entries()) {
          for (let pause = 0; pause < before; pause += 1) await Promise.resolve();
          const outcome = turns.take(id, async () => {
            running.set(id, (running.get(id) ?? 0) + 1);
            expect(running.get(id)).toBe(1);
            for (let pause = 0; pause < pauses; pause += 1) await Promise.resolve();
            running.set(id, 0);
            finished.set(id, [...(finished.get(id) ?? []), number]);
            if (fails) throw new RangeError('on purpose');
          });
          taken.push(Promise.resolve(outcome).catch((error: unknown) => expect(error).toBeInstanceOf(RangeError)));
        }
        await Promise.all(taken);
        for (const order of finished.values()) expect(order).toEqual([...order].sort((x, y) => x - y));
        expect([...finished.values()].flat()).toHaveLength(tasks.length);
        expect(turns.size).toBe(0);
      }),
      { seed: 51, numRuns: 150 },
    );
  });
});

function gated(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
