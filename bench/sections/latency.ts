import type { BenchContext } from '../bench-context.ts';
import { direct, forwarded, ownLetter, twemproxy } from '../contenders/door-contenders.ts';
import { startMesh } from '../contenders/maglia.ts';
import { sessionLoad } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { latencyTable } from '../latency-table.ts';
import { runRaces } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';

/** Requests a second: a twentieth of what the door can do on one core, or less. */
const RATE = 2000;

/** So that p99.9 stands on some requests more. */
const LONGER = 3;

/** How long one request takes where nothing is busy. With the usual timings: none of these may meet a deadline. */
export async function latency(context: BenchContext): Promise<SectionOutcome> {
  const generator = startLoadGenerator(context);
  const mesh = await startMesh({ letters: ['a', 'b'] });
  context.cleanup.add(() => mesh.close());
  const contenders = [
    await ownLetter(mesh, 'maglia'),
    await forwarded(mesh, 'maglia, forwarded'),
    await twemproxy('unix socket', context),
    await direct(context),
  ];
  const row = `text, tcp, 50 conn, ${RATE} a second`;
  const shape = { protocol: 'text', connections: 50, pipeline: 1, rate: RATE } as const;
  const race = {
    row,
    tool: 'bench/load',
    against: 'twemproxy',
    entrants: contenders.map((contender) => ({
      name: contender.name,
      run: (seconds: number) =>
        generator.run(`${row}, ${contender.name}`, sessionLoad(contender, { ...shape, seconds: seconds * LONGER })),
    })),
  };
  const comparisons = await runRaces([race], context);
  return { comparisons, tables: comparisons.map(latencyTable) };
}
