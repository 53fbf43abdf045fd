import { afterEach, expect, test } from 'vitest';
import { Attack } from '../support/attack.ts';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { peakMegabytes, residentMegabytes } from '../support/resident-memory.ts';
import { until } from '../support/until.ts';

const BUDGET_MEGABYTES = 64;
const CONNECTIONS = 400;
const BODY_BYTES = 2 * 1_048_576;

/** Those that stay hold less than the budget together. */
const MOST_CUT = CONNECTIONS - (BUDGET_MEGABYTES * 1_048_576) / BODY_BYTES;

/** Garbage, and what the system's allocator keeps for later. */
const SLACK_MEGABYTES = 160;

let cluster: Cluster;
const attacks: Attack[] = [];

afterEach(async () => {
  for (const attack of attacks.splice(0)) await attack.end();
  await cluster.close();
});

test('S6: 400 clients with half a body of 2 MiB each take no more memory than they may, and others are served', async () => {
  const limits = { clientMegabytes: BUDGET_MEGABYTES };
  cluster = await startCluster({ letters: ['a'], config: { ...CALM, limits } });
  const a = cluster.node('a');
  const { id } = await a.client.mint({ n: 1 });
  const before = residentMegabytes(a.pid);
  const attack = new Attack('half-bodies', `${a.http}/v1/sessions/${id}`, String(CONNECTIONS), String(BODY_BYTES));
  attacks.push(attack);
  const served: number[] = [];
  const over = new AbortController();
  const others = (async () => {
    while (!over.signal.aborted) served.push((await a.client.get(id)).status);
  })();
  const cut = async (): Promise<number> => {
    const metrics = (await a.client.call('GET', '/metrics')).bytes.toString();
    return Number(/connections_cut_total\{door="http",reason="memory"\} (\d+)/.exec(metrics)?.[1]);
  };
  await until('all but those that fit were cut off', async () => (await cut()) >= MOST_CUT, 30_000);
  over.abort();
  await others;

  expect(served.length).toBeGreaterThan(0);
  expect(new Set(served)).toEqual(new Set([200]));
  expect((await a.client.put(id, { n: 2 })).status).toBe(200);
  expect(peakMegabytes(a.pid) - before).toBeLessThan(BUDGET_MEGABYTES + SLACK_MEGABYTES);
  expect((await attack.end())['503']).toBeGreaterThanOrEqual(MOST_CUT);
  const lines = a
    .log()
    .split('\n')
    .filter((line) => line.includes('limits.clientMegabytes'));
  expect(lines).toHaveLength(1);
});
