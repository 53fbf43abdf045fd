import { describe, expect, test } from 'vitest';
import { run, type RunResult, type Weather } from '../../support/sim/random-run.ts';

/**
 * More than the suite runs: `SIM_FROM=1000 SIM_SEEDS=5000 npx vitest run --project unit test/unit/membership/simulation`.
 * SIM_SPLIT_SEEDS and SIM_STORM_SEEDS are the same for the other kinds of weather; SIM_HOSTS=2 has the mesh of that size.
 * One that failed, step by step: `SIM_FROM=1234 SIM_SEEDS=1 SIM_SPLIT_SEEDS=0 SIM_STORM_SEEDS=0 SIM_TRACE=1 …`.
 */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 200);
const SPLIT_SEEDS = Number(process.env['SIM_SPLIT_SEEDS'] ?? 100);
const STORM_SEEDS = Number(process.env['SIM_STORM_SEEDS'] ?? 60);
const FROM = Number(process.env['SIM_FROM'] ?? 1);
const HOSTS = process.env['SIM_HOSTS'] === undefined ? undefined : Number(process.env['SIM_HOSTS']);
const IS_TRACED = process.env['SIM_TRACE'] === '1';

/** Seeds per test, so that a long run shows how far it is. */
const STRIDE = 100;

/** Long for a busy machine; a seed takes about an eighth of a second. */
const LIMIT_PER_SEED_MS = 2000;

/** What has to come about somewhere in a few hundred runs, or they prove less than they seem to. */
const NEEDED = [
  'freeze',
  'kill',
  'power off',
  'cut',
  'store stalls',
  'store connection breaks',
  'memcached dies',
  'disk full',
  'disk stalled',
  'clock steps',
  'clock steps before a restart',
  'clock steps amid a restart',
  'clock steps after a restart',
  'told expired',
  'start kept',
  'wiped',
  'unminted reset',
  'tenure lost',
  'noted kept',
  'noted reset',
  'noted succeeded',
  'member suspect -> dead',
  'member dead -> returning',
  'member suspect -> alive',
  'open: opened',
  'put: in-doubt',
  'rotate: written',
  'told PEER_BACKPRESSURE',
  'connection: in pieces',
  'connection: read at once',
  'connection: no room to write',
  'connection: ended',
  'connection: reset',
];

const tally = new Map<string, number>();

function describeFailure({ seed, size, complaints, trace }: RunResult): string {
  return [`seed ${seed}, ${size} nodes`, ...trace, ...complaints].join('\n');
}

async function failuresOf(seeds: readonly number[], weather: Weather = 'faults'): Promise<string[]> {
  const failures: string[] = [];
  for (const seed of seeds) {
    const result = await run(seed, IS_TRACED, weather, HOSTS);
    for (const [what, times] of result.tally) tally.set(what, (tally.get(what) ?? 0) + times);
    if (result.complaints.length > 0) failures.push(describeFailure(result));
  }
  return failures;
}

function seedsFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}

describe('a simulated mesh that is befallen by faults keeps its promises', () => {
  for (let from = FROM; from < FROM + SEEDS; from += STRIDE) {
    const seeds = seedsFrom(from, Math.min(STRIDE, FROM + SEEDS - from));
    test(
      `S0 to S6, with seeds from ${from} to ${from + seeds.length - 1}`,
      { timeout: seeds.length * LIMIT_PER_SEED_MS },
      async () => {
        expect((await failuresOf(seeds)).join('\n\n')).toBe('');
      },
    );
  }

  for (let from = FROM; from < FROM + SPLIT_SEEDS; from += STRIDE) {
    const seeds = seedsFrom(from, Math.min(STRIDE, FROM + SPLIT_SEEDS - from));
    test(
      `and what is promised of splits, with seeds from ${from} to ${from + seeds.length - 1}`,
      { timeout: seeds.length * LIMIT_PER_SEED_MS },
      async () => {
        expect((await failuresOf(seeds, 'splits')).join('\n\n')).toBe('');
      },
    );
  }

  for (let from = FROM; from < FROM + STORM_SEEDS; from += STRIDE) {
    const seeds = seedsFrom(from, Math.min(STRIDE, FROM + STORM_SEEDS - from));
    test(
      `and tells nothing old where splits and faults come at once, with seeds from ${from} to ${from + seeds.length - 1}`,
      { timeout: seeds.length * LIMIT_PER_SEED_MS },
      async () => {
        expect((await failuresOf(seeds, 'storms')).join('\n\n')).toBe('');
      },
    );
  }

  test.skipIf(SEEDS < 200)('and everything that can befall it has come about', () => {
    expect(NEEDED.filter((what) => (tally.get(what) ?? 0) === 0)).toEqual([]);
  });

  test('a seed decides a run: the same one again comes to the same', { timeout: 20_000 }, async () => {
    const [first, second] = [await run(7), await run(7)];
    expect([...second.tally]).toEqual([...first.tally]);
    expect(first.tally.size).toBeGreaterThan(20);
  });
});
