import type { BenchContext } from '../bench-context.ts';
import { bareNode, direct, ownLetter, startBenchMesh, twemproxy } from '../contenders/door-contenders.ts';
import type { DoorContender } from '../contenders/door-contender.ts';
import { cpuTable } from '../cpu-table.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { runMemcslap } from '../load/memcslap.ts';
import { sessionLoad, type LoadShape } from '../load/session-load.ts';
import { runRaces, type Race } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';

/** In flight on each connection where requests are pipelined. */
export const PIPELINE = 16;

type Shape = Omit<LoadShape, 'seconds' | 'rate'>;

const SHAPES: readonly Shape[] = [
  { protocol: 'text', connections: 50, pipeline: 1 },
  { protocol: 'text', connections: 50, pipeline: PIPELINE },
  { protocol: 'text', connections: 1, pipeline: 1 },
  { protocol: 'text', connections: 1, pipeline: PIPELINE },
  { protocol: 'text', connections: 500, pipeline: 1 },
  // More in flight than this takes longer than the daemon waits for its store.
  { protocol: 'text', connections: 500, pipeline: 4 },
  { protocol: 'text', connections: 50, pipeline: 1, isUnix: true },
  { protocol: 'text', connections: 50, pipeline: PIPELINE, isUnix: true },
  { protocol: 'binary', connections: 50, pipeline: 1 },
  { protocol: 'binary', connections: 50, pipeline: PIPELINE },
];

/** The memcached door, asked for sessions of its own node. */
export async function door(context: BenchContext): Promise<SectionOutcome> {
  const generator = startLoadGenerator(context);
  // Of two, so that the node that is measured has a peer to stay in touch with, as in use.
  const pair = await startBenchMesh(['a', 'b'], {}, context);
  const peers = [await twemproxy('unix socket', context), await direct(context)];
  const contenders = [await ownLetter(pair, 'maglia'), ...peers, await bareNode(context)];
  // memcslap's keys begin with any letter, so one node has to own them all.
  const alone = await startBenchMesh(['a'], {}, context);
  const strangers = [await ownLetter(alone, 'maglia'), ...peers];

  const races = [
    ...SHAPES.map((shape) => doorRace(shape, contenders, generator)),
    ...(['text', 'binary'] as const).flatMap((protocol) =>
      (['get', 'set'] as const).map((test) => memcslapRace(test, protocol, strangers, context)),
    ),
  ];
  const comparisons = await runRaces(races, context);
  return { comparisons, tables: [cpuTable('door: CPU µs per operation, by process', comparisons)] };
}

export function doorRace(shape: Shape, contenders: readonly DoorContender[], generator: LoadGenerator): Race {
  const row = shapeName(shape);
  const able = contenders.filter(({ protocols }) => protocols.includes(shape.protocol));
  return {
    row,
    tool: 'bench/load',
    against: able.some(({ name }) => name === 'twemproxy') ? 'twemproxy' : 'memcached',
    entrants: able.map((contender) => ({
      name: contender.name,
      servers: contender.serverNames,
      run: (seconds) => generator.run(`${row}, ${contender.name}`, sessionLoad(contender, { ...shape, seconds })),
    })),
  };
}

export function shapeName({ protocol, connections, pipeline, isUnix = false }: Shape): string {
  const pipelined = pipeline === 1 ? '' : `, pipelined ${pipeline}`;
  return `${protocol}, ${isUnix ? 'unix' : 'tcp'}, ${connections} conn${pipelined}`;
}

function memcslapRace(
  test: 'get' | 'set',
  protocol: 'text' | 'binary',
  contenders: readonly DoorContender[],
  { signal }: BenchContext,
): Race {
  const connections = 50;
  const row = `${protocol}, tcp, ${connections} conn, only ${test}`;
  const able = contenders.filter(({ protocols }) => protocols.includes(protocol));
  return {
    row,
    tool: 'memcslap',
    against: protocol === 'text' ? 'twemproxy' : 'memcached',
    entrants: able.map(({ name, tcp: target, servers }) => ({
      name,
      run: (seconds) =>
        runMemcslap({ what: `${row}, ${name}`, target, test, protocol, connections, seconds, servers, signal }),
    })),
  };
}
