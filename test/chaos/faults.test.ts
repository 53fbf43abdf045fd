import { availableParallelism, loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../support/sim/random.ts';
import { describeDrops, readDrops, type Drop } from './drops.ts';
import { keepEvidence } from './evidence.ts';
import { FAULT_KINDS, FAULTS, SHORT_ROUND, type Fault } from './faults.ts';
import { CALM_PACE, hostsUp, USUAL_PACE, type Hosts } from './hosts.ts';
import { inflict } from './inflict.ts';
import { judge } from './judge.ts';
import { killed } from './killed.ts';
import { Load } from './load.ts';
import { weaknesses } from './proof.ts';
import { Record, type ChaosDeed } from './record.ts';
import { describeSchedule, drawRound } from './schedule.ts';
import { slowestOf, tableOf } from './table.ts';
import { describeBroken } from './tell.ts';
import type { Trouble } from './troubles.ts';
import { overloads, readVerdicts } from './verdicts.ts';

/** MINUTES and SEED: what `npm run chaos -- --minutes 10 --seed 7` sets. Without them: one round, always the same. */
const MINUTES = Number(process.env['MINUTES'] ?? 0);
const SEED = Number(process.env['SEED'] ?? 1);
/** A round of every kind takes up to this on a busy machine; one that has begun is not broken off. */
const ROUND_MINUTES = 6;
const CALM_MS = 500;
/** ALL=1: what `npm run chaos` sets; `npm test` has time for some of them only. */
const IS_SHORT = process.env['ALL'] === undefined;
const KINDS = IS_SHORT ? SHORT_ROUND : FAULT_KINDS;
/** The others are for figures as well, and measure what the product does as it is shipped. */
const PACE = IS_SHORT ? CALM_PACE : USUAL_PACE;
/** Fewer requests, or sessions, prove nothing. */
const FEWEST = 10;

describe('while hosts really die', () => {
  const random = new Random(SEED);
  const record = new Record();
  const troubles: Trouble[] = [];
  const drops: Drop[] = [];
  let hosts: Hosts | undefined;
  let load: Load | undefined;
  let startedAt = 0;

  beforeAll(async () => {
    hosts = await hostsUp(PACE);
    load = new Load(hosts, record, random.below(2 ** 31));
    startedAt = performance.now();
    load.start();
  }, 120_000);

  afterAll(async () => {
    if (hosts !== undefined && !IS_SHORT) tell(`logs and record are in ${await keepEvidence(hosts, record, troubles)}`);
    await hosts?.down();
  }, 60_000);

  test(
    'every fault bites, and every host is well again after it',
    { timeout: (MINUTES + ROUND_MINUTES) * 60_000 },
    async () => {
      const endsAt = performance.now() + MINUTES * 60_000;
      do {
        const round = drawRound(random, KINDS);
        tell(`seed ${SEED}: ${describeSchedule(round)}`);
        for (const fault of round) await befall(fault);
      } while (performance.now() < endsAt);
      await load?.stop();
      if (hosts !== undefined) troubles.push(...overloads(await readVerdicts(hosts, startedAt), troubles));
      if (hosts !== undefined) drops.push(...(await readDrops(hosts)));
      tell(...tableOf(record.deeds, troubles), describeRun(record.deeds), describeDrops(troubles, drops));
      expect(weaknesses(record.deeds, troubles, PACE.hardCapMs)).toEqual([]);
    },
  );

  test('S0-S6, S9: no promise is broken', { timeout: 120_000 }, () => {
    const broken = judge(record, troubles, PACE.hardCapMs, drops);
    expect(broken.slice(0, 5).map((one) => describeBroken(one, record.deeds))).toEqual([]);
  });

  test('a second after a host was killed, every request at the others succeeds', () => {
    const deaths = troubles.filter(({ kind }) => kind === 'kill').map((trouble) => killed(record.deeds, trouble));
    expect(deaths).not.toEqual([]);
    for (const { asked, failed, othersSessions } of deaths) {
      expect(failed).toEqual([]);
      expect(Math.min(asked, othersSessions)).toBeGreaterThan(FEWEST);
    }
  });

  async function befall(fault: Fault): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
    // What nobody asks for on a wrong side is looked at before the next fault befalls its owner.
    const lookAtAside = FAULTS[fault.kind].isSplit ? await load?.putAside() : undefined;
    if (hosts !== undefined) troubles.push(await inflict(hosts, fault));
    await lookAtAside?.();
  }
});

/** What the figures of the table are worth. */
function describeRun(deeds: readonly ChaosDeed[]): string {
  const slowest = slowestOf(deeds);
  const took = slowest === undefined ? 0 : Math.round(slowest.answeredAt - slowest.begunAt);
  return `${deeds.length} requests, the slowest took ${took} ms (at ${slowest?.node}, ${slowest?.via}); ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`;
}

function tell(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
