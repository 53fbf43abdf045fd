import { setTimeout as sleep } from 'node:timers/promises';
import { WrongAnswersError } from './answers-checked.ts';
import type { BenchContext } from './bench-context.ts';
import type { Comparison, Measure } from './measure.ts';

/** One row, before it has run: who takes part, and how one turn of each goes. */
export interface Race {
  readonly row: string;
  readonly tool: string;
  readonly against: string;
  readonly entrants: readonly Entrant[];
}

export interface Entrant {
  readonly name: string;
  /** What the processes are called whose CPU it measures. */
  readonly servers?: readonly string[];
  /** @throws WrongAnswersError when what it measured is worth nothing */
  readonly run: (seconds: number) => Promise<Measure>;
}

/** Long enough for the daemons to have compiled what they run all the time. */
const WARM_UP_SECONDS = 3;

/** A contender that was asked for too much recovers before the next one's turn. */
const RECOVERY_MS = 5000;

/**
 * Runs the races of a section: in each round every entrant of every race, A B C …, and in the next round B C … A, so that
 * neither a busy minute nor the place in the round speaks for or against one of them. A round in which one of a race
 * failed does not count for the race.
 */
export async function runRaces(allRaces: readonly Race[], context: BenchContext): Promise<Comparison[]> {
  const { options, say, signal } = context;
  const races = allRaces.filter(({ row }) => row.includes(options.rows));
  await warmUp(races, context);
  const results = races.map((race) => ({ race, rounds: [] as (readonly Measure[])[] }));
  for (let round = 0; round < options.rounds; round += 1) {
    say(`round ${round + 1} of ${options.rounds}`);
    for (const { race, rounds } of results) {
      signal.throwIfAborted();
      const measures = await runRound(race, round, context);
      if (measures !== undefined) rounds.push(measures);
    }
  }
  return results
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ race: { row, tool, against, entrants }, rounds }) => ({
      ...{ row, tool, against },
      contenders: entrants.map(({ name, servers }, at) => ({
        name,
        ...(servers !== undefined && { servers }),
        rounds: rounds.map((measures) => measures[at]).filter((measure) => measure !== undefined),
      })),
    }));
}

/** Everything once, uncounted, the first race for longer. */
async function warmUp(races: readonly Race[], { say, signal }: BenchContext): Promise<void> {
  say('warming up');
  for (const [at, race] of races.entries()) {
    for (const entrant of race.entrants) {
      signal.throwIfAborted();
      try {
        await entrant.run(at === 0 ? WARM_UP_SECONDS : 0.2);
      } catch (error) {
        if (!(error instanceof WrongAnswersError)) throw error;
        say(`while warming up: ${error.message}`);
        await sleep(RECOVERY_MS, undefined, { signal });
      }
    }
  }
}

/** In the order of the entrants, whatever the order in which they ran. */
async function runRound(race: Race, round: number, context: BenchContext): Promise<readonly Measure[] | undefined> {
  const { entrants } = race;
  const { options, signal, throwOut } = context;
  const measures: Measure[] = [];
  for (let turn = 0; turn < entrants.length; turn += 1) {
    const at = (turn + round) % entrants.length;
    const entrant = entrants[at];
    if (entrant === undefined) continue;
    try {
      measures[at] = await entrant.run(options.seconds);
    } catch (error) {
      if (!(error instanceof WrongAnswersError)) throw error;
      throwOut(`round ${round + 1} of a row thrown out: ${error.message}`);
      await sleep(RECOVERY_MS, undefined, { signal });
      return undefined;
    }
  }
  return measures;
}
