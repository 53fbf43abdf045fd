import type { BenchContext } from '../bench-context.ts';
import { forwarded, ownLetter, startBenchMesh, twemproxy } from '../contenders/door-contenders.ts';
import { cpuTable } from '../cpu-table.ts';
import type { LoadShape } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { runRaces } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';
import { doorRace, PIPELINE } from './door.ts';

/**
 * A link carries 256 requests at a time unless told otherwise; what is more is refused at once. Here up to 800 are on their
 * way over the one link that there is.
 */
const LIMITS = { limits: { inFlightPerLink: 4096 } };

const SHAPES: readonly Omit<LoadShape, 'seconds' | 'rate'>[] = [
  { protocol: 'text', connections: 50, pipeline: 1 },
  { protocol: 'text', connections: 50, pipeline: PIPELINE },
  { protocol: 'text', connections: 1, pipeline: 1 },
  { protocol: 'text', connections: 500, pipeline: 1 },
  { protocol: 'binary', connections: 50, pipeline: 1 },
];

/** The memcached door, asked for the sessions of another node, with TLS between the nodes and without. */
export async function forward(context: BenchContext): Promise<SectionOutcome> {
  const generator = startLoadGenerator(context);
  const encrypted = await startBenchMesh(['a', 'b'], LIMITS, context);
  const plain = await startBenchMesh(['a', 'b'], { ...LIMITS, mesh: { plain: true } }, context);
  const contenders = [
    await ownLetter(encrypted, 'own letter'),
    await forwarded(encrypted, 'forwarded, TLS'),
    await forwarded(plain, 'forwarded, plain'),
    await twemproxy('TCP', context),
  ];
  const races = SHAPES.map((shape) => ({ ...doorRace(shape, contenders, generator), against: 'own letter' }));
  const comparisons = await runRaces(races, context);
  return { comparisons, tables: [cpuTable('forward: CPU µs per operation, by process', comparisons)] };
}
