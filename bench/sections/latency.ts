import type { BenchContext } from '../bench-context.ts';
import { direct, forwarded, ownLetter, startBenchMesh, twemproxy } from '../contenders/door-contenders.ts';
import { startFastifyRoute } from '../contenders/fastify-server.ts';
import { mintSome, recordAnswers } from '../contenders/http-sessions.ts';
import { latencyTable } from '../latency-table.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import type { LoadTarget } from '../load/load-job.ts';
import { openLoad, sessionLoad } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { runRaces, type Race } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';
import type { Cluster } from '../../test/support/cluster.ts';

/** Requests a second: a tenth of what one core can do, or less. */
const DOOR_RATE = 2000;
const HTTP_RATE = 500;
const CONNECTIONS = 50;

/** So that p99.9 stands on some requests more. */
const LONGER = 3;

/** How long one request takes where nothing is busy. */
export async function latency(context: BenchContext): Promise<SectionOutcome> {
  const generator = startLoadGenerator(context);
  const mesh = await startBenchMesh(['a', 'b'], {}, context);
  const races = [await doorRace(mesh, generator, context), await httpRace(mesh, generator, context)];
  const comparisons = await runRaces(races, context);
  return { comparisons, tables: comparisons.map(latencyTable) };
}

async function doorRace(mesh: Cluster, generator: LoadGenerator, context: BenchContext): Promise<Race> {
  const contenders = [
    await ownLetter(mesh, 'maglia'),
    await forwarded(mesh, 'maglia, forwarded'),
    await twemproxy('unix socket', context),
    await direct(context),
  ];
  const row = `text, tcp, ${CONNECTIONS} conn, ${DOOR_RATE} a second`;
  const shape = { protocol: 'text', connections: CONNECTIONS, pipeline: 1, rate: DOOR_RATE } as const;
  return {
    row,
    tool: 'bench/load',
    against: 'twemproxy',
    entrants: contenders.map((contender) => ({
      name: contender.name,
      run: (seconds: number) =>
        generator.run(`${row}, ${contender.name}`, sessionLoad(contender, { ...shape, seconds: seconds * LONGER })),
    })),
  };
}

async function httpRace(mesh: Cluster, generator: LoadGenerator, context: BenchContext): Promise<Race> {
  const [asked, other] = [mesh.node('a'), mesh.node('b')];
  const own = await mintSome(asked.client);
  const others = await mintSome(other.client);
  const route = await startFastifyRoute(await recordAnswers(asked.client), context);
  const target = targetOf(asked.http);
  const contenders = [
    { name: 'maglia', target, ids: own, servers: [asked.pid, await asked.storePid()] },
    { name: 'maglia, forwarded', target, ids: others, servers: [asked.pid, other.pid, await other.storePid()] },
    { name: 'fastify route', target: targetOf(route.url), ids: own, servers: [route.pid] },
  ];
  const row = `HTTP open, ${CONNECTIONS} conn, ${HTTP_RATE} a second`;
  const shape = { connections: CONNECTIONS, rate: HTTP_RATE };
  return {
    row,
    tool: 'bench/load',
    against: 'fastify route',
    entrants: contenders.map(({ name, ...where }) => ({
      name,
      run: (seconds: number) =>
        generator.run(`${row}, ${name}`, openLoad({ ...where, ...shape, seconds: seconds * LONGER })),
    })),
  };
}

function targetOf(url: string): LoadTarget {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
