import type { ClusterNode } from '../../test/support/cluster.ts';
import type { SessionClient } from '../../test/support/session-client.ts';
import { WrongAnswersError } from '../answers-checked.ts';
import type { BenchContext } from '../bench-context.ts';
import { startBenchMesh } from '../contenders/door-contenders.ts';
import { startFastifyRoute } from '../contenders/fastify-server.ts';
import { DATA, mintSome, recordAnswers } from '../contenders/http-sessions.ts';
import { runWrk, type WrkRun } from '../load/wrk.ts';
import { runRaces, type Race } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';

const CONNECTIONS = 50;

/** Minting fills the store: it must hold what a whole run mints, or it would evict what is opened. */
const ROOMY = { store: { kind: 'memcached', megabytes: 1024 } };

type Call = Pick<WrkRun, 'method' | 'path' | 'body'>;

const OPEN: Call = { method: 'POST', path: '/v1/sessions/open', body: '{"id":"%s"}' };
const PUT: Call = { method: 'PUT', path: '/v1/sessions/%s', body: JSON.stringify({ data: DATA }) };
const MINT: Call = { method: 'POST', path: '/v1/sessions', body: JSON.stringify({ data: DATA }) };

interface HttpContender {
  readonly name: string;
  readonly url: string;
  readonly ids: readonly string[];
  readonly servers: readonly number[];
}

/** The HTTP door: open, put and mint, beside bare fastify routes that answer the same. */
export async function http(context: BenchContext): Promise<SectionOutcome> {
  const { nodes } = await startBenchMesh(['a', 'b'], ROOMY, context);
  const [asked, other] = nodes;
  if (asked === undefined || other === undefined) throw new RangeError('the mesh has no two nodes');
  const own = await mintSome(asked.client);
  const others = await mintSome(other.client);
  const route = await startFastifyRoute(await recordAnswers(asked.client), context);

  const maglia = await contender('maglia', asked, own, [asked]);
  const forwarded = await contender('maglia, forwarded', asked, others, [asked, other]);
  const bare = { name: 'fastify route', url: route.url, ids: own, servers: [route.pid] };
  const races = [
    race('open', OPEN, [maglia, forwarded, bare], context),
    race('put', PUT, [maglia, forwarded, bare], context),
    race('mint', MINT, [maglia, bare], context),
  ];
  const comparisons = await runRaces(races, context);
  await requireFound(asked.client, [...own, ...others]);
  return { comparisons };
}

async function contender(
  name: string,
  asked: ClusterNode,
  ids: readonly string[],
  serving: readonly ClusterNode[],
): Promise<HttpContender> {
  const stores = await Promise.all(serving.map((node) => node.storePid()));
  // A session of its own is not looked up at the other's; a forwarded one is in the other's store alone.
  return { name, url: asked.http, ids, servers: [...serving.map(({ pid }) => pid), ...stores.slice(-1)] };
}

function race(row: string, call: Call, contenders: readonly HttpContender[], context: BenchContext): Race {
  const { directory, signal } = context;
  return {
    row,
    tool: 'wrk',
    against: 'fastify route',
    entrants: contenders.map(({ name, ...where }) => ({
      name,
      run: (seconds) =>
        runWrk({ what: `${row}, ${name}`, ...call, ...where, connections: CONNECTIONS, seconds, directory, signal }),
    })),
  };
}

/** A regenerated session is answered with 200 as well, and is another amount of work. */
async function requireFound(client: SessionClient, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { state } = await client.open(id);
    if (state !== 'found') throw new WrongAnswersError(`open: a session that was put is ${state}`);
  }
}
