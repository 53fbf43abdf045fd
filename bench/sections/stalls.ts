import { CALM, prepareCluster } from '../../test/support/cluster.ts';
import type { BenchContext } from '../bench-context.ts';
import { digits } from '../comparison-table.ts';
import type { SectionOutcome } from '../section-result.ts';
import { Attacker } from '../stalls/attacker.ts';
import { DEMANDS, type Demand } from '../stalls/demands.ts';
import { WatchedLoop, type LoopReport } from '../stalls/watched-loop.ts';
import { median } from '../statistics.ts';

/** Each demand is made so often in a round. */
const TIMES = 3;
const MAX_ROUNDS = 3;

/** How long the largest requests of each kind hold the event loop of a daemon, which pings from peers wait for. */
export async function stalls(context: BenchContext): Promise<SectionOutcome> {
  const { cleanup, options, say, signal } = context;
  // A machine that is busy with other things too should not have a peer declared dead meanwhile.
  const mesh = await prepareCluster({ letters: ['a', 'b', 'c'], config: CALM });
  cleanup.add(() => mesh.close());
  const [a, ...others] = mesh.nodes;
  if (a === undefined) throw new RangeError('a mesh without nodes');
  const loop = new WatchedLoop(a);
  for (const node of others) node.spawn();
  for (const node of mesh.nodes) await node.ready();
  await mesh.settled();
  const attacker = new Attacker(a);
  const demands = DEMANDS.filter(({ name }) => name.includes(options.rows));
  // What is compiled and grown once is no request's doing.
  for (const demand of demands) {
    say(`once before it counts: ${demand.name}`);
    await demand.run(attacker);
  }
  const rows: string[][] = [];
  for (const demand of demands) {
    signal.throwIfAborted();
    say(demand.name);
    const reports: LoopReport[] = [];
    for (let round = 0; round < Math.min(options.rounds, MAX_ROUNDS); round += 1) {
      reports.push(await longest(demand, attacker, loop));
    }
    rows.push([
      demand.name,
      digits(median(reports.map(({ stallMs }) => stallMs))),
      digits(Math.max(...reports.map(({ stallMs }) => stallMs))),
      digits(median(reports.map(({ collectionMs }) => collectionMs))),
    ]);
  }
  return {
    tables: [
      {
        title: 'stalls: how long the largest requests hold the event loop',
        columns: ['demand', 'longest ms (median of rounds)', 'longest ms of all', 'longest collection ms'],
        rows,
        notes: [
          `Each demand ${TIMES} times a round. A stall is what a timer came late, so whatever runs on the machine beside it is in there, and so is garbage collection.`,
        ],
      },
    ],
  };
}

async function longest({ run }: Demand, attacker: Attacker, loop: WatchedLoop): Promise<LoopReport> {
  await loop.take();
  for (let time = 0; time < TIMES; time += 1) await run(attacker);
  return loop.take();
}
