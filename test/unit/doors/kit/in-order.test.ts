import { describe, expect, test } from 'vitest';
import { InOrder } from '../../../../src/doors/kit/in-order.ts';

interface Step {
  readonly name: string;
  readonly end: () => void;
}

/** Tasks that end when the test says so, and what has begun. */
class Tasks {
  readonly begun: string[] = [];
  readonly #steps: Step[] = [];

  task(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => this.#steps.push({ name, end: () => resolve(name) }));
    };
  }

  async end(name: string): Promise<void> {
    this.#steps.find((step) => step.name === name)?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('commands of one client', () => {
  test('on one id are carried out one after the other, as they came', async () => {
    const [order, tasks] = [new InOrder(), new Tasks()];
    const results = ['set', 'get', 'touch'].map(async (name) => order.run('a', tasks.task(name)));
    expect(tasks.begun).toEqual(['set']);
    await tasks.end('set');
    expect(tasks.begun).toEqual(['set', 'get']);
    await tasks.end('get');
    await tasks.end('touch');
    expect(await Promise.all(results)).toEqual(['set', 'get', 'touch']);
  });

  test('on different ids do not wait for each other', () => {
    const [order, tasks] = [new InOrder(), new Tasks()];
    void order.run('a', tasks.task('a'));
    void order.run('b', tasks.task('b'));
    expect(tasks.begun).toEqual(['a', 'b']);
  });

  test('go on after one that failed', async () => {
    const [order, tasks] = [new InOrder(), new Tasks()];
    const failed = order.run('a', () => Promise.reject(new RangeError('no')));
    const next = order.run('a', tasks.task('next'));
    await expect(failed).rejects.toThrow(RangeError);
    await tasks.end('next');
    expect(await next).toBe('next');
  });

  test('when all are done, the next does not wait at all', async () => {
    const [order, tasks] = [new InOrder(), new Tasks()];
    const first = order.run('a', tasks.task('first'));
    await tasks.end('first');
    await first;
    void order.run('a', tasks.task('second'));
    expect(tasks.begun).toEqual(['first', 'second']);
  });
});
