import { availableParallelism, loadavg } from 'node:os';
import type { Random } from '../support/sim/random.ts';
import { describeDrops, readDrops, type Drop } from './drops.ts';
import { keepEvidence } from './evidence.ts';
import { FAULTS, type Fault, type FaultKind } from './faults.ts';
import { hostsUp, type Hosts, type Pace } from './hosts.ts';
import { inflict } from './inflict.ts';
import { judge, type BrokenPromise } from './judge.ts';
import { Load } from './load.ts';
import { weaknesses } from './proof.ts';
import { Record, type ChaosDeed } from './record.ts';
import { describeSchedule, drawRound } from './schedule.ts';
import { slowestOf, tableOf } from './table.ts';
import type { Trouble } from './troubles.ts';
import { overloads, readVerdicts } from './verdicts.ts';

const CALM_MS = 500;

export interface Plan {
  readonly random: Random;
  readonly kinds: readonly FaultKind[];
  readonly pace: Pace;
  /** Rounds begin until these are over; the first always does. */
  readonly minutes: number;
  readonly keepsEvidence: boolean;
}

/** What came of it. */
export interface Run {
  readonly deeds: readonly ChaosDeed[];
  readonly troubles: readonly Trouble[];
  /** Why it proves nothing; empty where it does. */
  readonly weaknesses: readonly string[];
  readonly broken: readonly BrokenPromise[];
}

/** Brings hosts up, lets visitors loose on them, lets every kind of fault befall them, and judges what the visitors were told. */
export async function runOnce({ random, kinds, pace, minutes, keepsEvidence }: Plan): Promise<Run> {
  const hosts = await hostsUp(pace);
  const record = new Record();
  const troubles: Trouble[] = [];
  try {
    const load = new Load(hosts, record, random.below(2 ** 31));
    const startedAt = performance.now();
    load.start();
    const endsAt = startedAt + minutes * 60_000;
    do {
      const round = drawRound(random, kinds);
      tell(describeSchedule(round));
      for (const fault of round) troubles.push(await befall(fault, hosts, load));
    } while (performance.now() < endsAt);
    await load.stop();
    troubles.push(...overloads(await readVerdicts(hosts, startedAt), troubles));
    return judged(record, troubles, { drops: await readDrops(hosts), hardCapMs: pace.hardCapMs });
  } finally {
    if (keepsEvidence) tell(`logs and record are in ${await keepEvidence(hosts, record, troubles)}`);
    await hosts.down();
  }
}

function judged(
  record: Record,
  troubles: readonly Trouble[],
  { drops, hardCapMs }: { readonly drops: readonly Drop[]; readonly hardCapMs: number },
): Run {
  const { deeds } = record;
  tell(...tableOf(deeds, troubles), describeRun(deeds), describeDrops(troubles, drops));
  return {
    ...{ deeds, troubles },
    weaknesses: weaknesses(deeds, troubles, hardCapMs),
    broken: judge(record, troubles, hardCapMs, drops),
  };
}

async function befall(fault: Fault, hosts: Hosts, load: Load): Promise<Trouble> {
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  // What nobody asks for on a wrong side is looked at before the next fault befalls its owner.
  const lookAtAside = FAULTS[fault.kind].isSplit ? await load.putAside() : undefined;
  const trouble = await inflict(hosts, fault);
  await lookAtAside?.();
  return trouble;
}

/** What the figures of the table are worth. */
function describeRun(deeds: readonly ChaosDeed[]): string {
  const slowest = slowestOf(deeds);
  const took = slowest === undefined ? 0 : Math.round(slowest.answeredAt - slowest.begunAt);
  return `${deeds.length} requests, the slowest took ${took} ms (at ${slowest?.node}, ${slowest?.via}); ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`;
}

export function tell(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
