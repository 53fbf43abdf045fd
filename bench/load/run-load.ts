import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOfEach, sum } from '../process-cpu.ts';
import { BinaryReplies } from './binary-replies.ts';
import { HttpReplies } from './http-replies.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { LoadConnection, type LoadConnectionParts } from './load-connection.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { Pacer } from './pacer.ts';
import { Random } from './random.ts';
import { binaryRequests, openRequests, textRequests } from './requests.ts';
import { sessionKeys, valueOf } from './session-keys.ts';
import { Tally } from './tally.ts';
import { TextReplies, textHits } from './text-replies.ts';

/** Sets every key, then loads the target, and counts what comes back between the warm-up and the end. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const tally = new Tally();
  const latencies = new LatencyHistogram();
  const parts = { job, tally, latencies, random: new Random(job.connections), ...wire(job) };
  await fill(parts);

  const isClosedLoop = job.rate === undefined;
  const again = isClosedLoop ? (to: LoadConnection, count: number): void => to.send(count) : undefined;
  const connections = Array.from(
    { length: job.connections },
    () => new LoadConnection({ ...parts, ...(again !== undefined && { onAnswered: again }) }),
  );
  await Promise.all(connections.map((connection) => connection.opened()));
  const pacer = job.rate === undefined ? undefined : new Pacer(connections, job.rate);
  if (isClosedLoop) for (const connection of connections) connection.send(job.pipeline);

  await sleep(job.warmUpSeconds * 1000);
  tally.clear();
  latencies.clear();
  const before = { at: performance.now(), servers: cpuSecondsOfEach(job.servers), own: process.cpuUsage() };
  await sleep(job.seconds * 1000);
  const seconds = (performance.now() - before.at) / 1000;
  const serverCpuSecondsEach = cpuSecondsOfEach(job.servers).map((used, at) => used - (before.servers[at] ?? 0));
  const own = process.cpuUsage(before.own);
  const { operations, misses, errors, firstError } = tally;

  pacer?.stop();
  for (const connection of connections) connection.close();
  return {
    ...{ operations, seconds, serverCpuSecondsEach, misses, errors, ...(firstError !== undefined && { firstError }) },
    serverCpuSeconds: sum(serverCpuSecondsEach),
    loadCpuSeconds: (own.user + own.system) / 1e6,
    latencyMs: latencies.summary(),
  };
}

async function fill(parts: LoadConnectionParts): Promise<void> {
  const connection = new LoadConnection(parts);
  await connection.opened();
  await connection.fill();
  connection.close();
  const { errors, firstError } = parts.tally;
  if (errors > 0) throw new Error(`${errors} keys could not be set: ${firstError}`);
}

function wire({
  protocol,
  ids = [],
  keys: space,
  valueBytes,
}: LoadJob): Pick<LoadConnectionParts, 'requests' | 'repliesFor'> {
  if (protocol === 'http') return { requests: openRequests(ids), repliesFor: (sink) => new HttpReplies(sink) };
  const keys = sessionKeys(space);
  const values = keys.map((key) => valueOf(key, valueBytes));
  if (protocol === 'binary') {
    return { requests: binaryRequests(keys, values), repliesFor: (sink) => new BinaryReplies(values, sink) };
  }
  const hits = textHits(keys, values);
  return { requests: textRequests(keys, values), repliesFor: (sink) => new TextReplies(hits, sink) };
}
