import { describe, expect, it } from 'vitest';
import { isSettledWithin } from '../../../../src/cli/up/node-process.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const NEVER = new Promise<void>(() => undefined);

describe('waiting', () => {
  it('for a promise says whether it came in time', async () => {
    const clock = new FakeClock();
    const late = isSettledWithin(clock, 50, NEVER);
    clock.advance(50);
    expect(await late).toBe(false);
    expect(await isSettledWithin(clock, 50, Promise.resolve())).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('for a promise that rejects, rejects with it', async () => {
    await expect(isSettledWithin(new FakeClock(), 50, Promise.reject(new RangeError('no')))).rejects.toThrow('no');
  });
});
