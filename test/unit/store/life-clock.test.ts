import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreStartError } from '../../../src/errors.ts';
import { laterOf, LifeClock, openLifeClock } from '../../../src/store/life-clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOUR = 3_600_000;
const STEPS = [HOUR, -HOUR, 120_000, -120_000, 24 * HOUR, -24 * HOUR];

let directory: string;
let path: string;
let clock: FakeClock;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'maglia-life-clock-'));
  path = join(directory, 'run', 'clock.json');
  clock = new FakeClock(1_700_000_000_000);
});

afterEach(() => rmSync(directory, { recursive: true }));

/** What a daemon that begins now counts by. */
async function begin(bootId = 'boot'): Promise<LifeClock> {
  const lifeClock = new LifeClock({ clock, path, bootId });
  await lifeClock.keep();
  return lifeClock;
}

describe('what lives are counted by', () => {
  test('begins at the wall clock', async () => {
    clock.advance(500);
    expect((await begin()).now()).toBe(1_700_000_000_500);
  });

  test.each(STEPS)('goes on as time passes when the wall clock is set by %i ms', async (step) => {
    const lifeClock = await begin();
    clock.jump(step);
    clock.advance(10);
    expect(lifeClock.now()).toBe(1_700_000_000_010);
  });

  test.each(STEPS)(
    'the next daemon of the same boot goes on with it, though the wall clock was set by %i ms',
    async (step) => {
      await begin();
      clock.jump(step);
      clock.advance(10);
      await begin();
      clock.jump(step);
      clock.advance(10);
      expect((await begin()).now()).toBe(1_700_000_000_020);
    },
  );

  test('after another boot of the machine the monotonic clock has begun anew, and so does the count', async () => {
    await begin();
    clock.jump(HOUR);
    expect((await begin('another boot')).now()).toBe(1_700_000_000_000 + HOUR);
  });

  test.each([
    '',
    'no JSON',
    '[]',
    'null',
    '{"format":1,"bootId":"boot"}',
    '{"format":1,"bootId":"boot","offsetMs":1e300}',
  ])('a file that nobody can go on with (%j) counts as none, and is replaced', async (text) => {
    await begin();
    writeFileSync(path, text);
    clock.jump(HOUR);
    expect((await begin()).now()).toBe(1_700_000_000_000 + HOUR);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ bootId: 'boot' });
  });

  test('a file that cannot be written ends the start, since the next daemon would count otherwise', async () => {
    writeFileSync(join(directory, 'run'), 'in the way');
    await expect(begin()).rejects.toThrow(StoreStartError);
  });

  test('nothing is written where no record outlives the daemon, or the system does not name its boots', async () => {
    const store = { kind: 'memory', program: 'memcached', megabytes: 1, cacheMegabytes: 0, silentSeconds: 30 } as const;
    await openLifeClock({ store, runtimeDirectory: join(directory, 'run') }, clock).keep();
    await new LifeClock({ clock, path, bootId: undefined }).keep();
    expect(existsSync(join(directory, 'run'))).toBe(false);
  });

  test('Memcached is told the later one of wall clock and count, so that it drops nothing that lives', async () => {
    const lifeClock = await begin();
    const later = laterOf(clock, lifeClock);
    clock.jump(-HOUR);
    expect(later.now()).toBe(1_700_000_000_000);
    clock.jump(3 * HOUR);
    expect(later.now()).toBe(1_700_000_000_000 + 2 * HOUR);
  });
});
