import { setTimeout as sleep } from 'node:timers/promises';
import { CALM, prepareCluster, type Cluster } from '../../test/support/cluster.ts';
import { until } from '../../test/support/until.ts';
import type { BenchContext } from '../bench-context.ts';
import { digits, spreadText } from '../comparison-table.ts';
import { tcpDoor } from '../contenders/maglia.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { sessionLoad } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { cpuMicrosPerOperation, opsPerSecond, type Measure } from '../measure.ts';
import { meshTraffic } from '../mesh-traffic.ts';
import { cpuSeconds } from '../process-cpu.ts';
import { residentKilobytes } from '../resident.ts';
import type { SectionOutcome } from '../section-result.ts';
import { median } from '../statistics.ts';

const SIZES = [3, 9, 26];
const IDLE_SECONDS = 10;
const SETTLE_MS = 5000;
const START_MS = 60_000;

interface Idle {
  /** Of one core, for one daemon. */
  readonly cpuShare: number;
  readonly bytesPerSecond: number;
  readonly segmentsPerSecond: number;
  readonly megabytes: number;
}

/** What a mesh costs that grows: idle, and for one forwarded request. Embedded stores, so that there are daemons alone. */
export async function growth(context: BenchContext): Promise<SectionOutcome> {
  const generator = startLoadGenerator(context);
  const rows: string[][] = [];
  for (const size of SIZES) {
    context.signal.throwIfAborted();
    context.say(`${size} nodes`);
    const letters = Array.from({ length: size }, (_, at) => String.fromCharCode('a'.charCodeAt(0) + at));
    const mesh = await startGrown(letters, context);
    await sleep(SETTLE_MS);
    const idle = await measureIdle(mesh);
    const forwards = await measureForwards(mesh, generator, context);
    await mesh.close();
    rows.push([
      String(size),
      digits(idle.megabytes),
      digits(idle.cpuShare * 100),
      digits(idle.bytesPerSecond / 1000),
      digits(idle.segmentsPerSecond),
      spreadText(forwards.map(opsPerSecond)),
      spreadText(forwards.map(cpuMicrosPerOperation)),
    ]);
  }
  return {
    tables: [
      {
        title: 'growth: one daemon of an idle mesh, and one forwarded request',
        columns: [
          ...['nodes', 'MB RSS', 'idle: % of a core', 'idle: KB/s sent', 'idle: segments/s sent'],
          ...['forwards per second', 'CPU µs per forward'],
        ],
        rows,
        notes: ['CPU per forward is that of the two daemons that take part, what they cost idle taken off.'],
      },
    ],
  };
}

/** One after the other, and in no hurry: dozens of daemons that start on a few cores greet each other slowly. */
async function startGrown(letters: readonly string[], { cleanup, signal }: BenchContext): Promise<Cluster> {
  const timings = { ...CALM.timings, dialMs: 10_000, joinPatienceMs: START_MS };
  const mesh = await prepareCluster({ letters, store: 'memory', config: { timings } });
  cleanup.add(() => mesh.close());
  for (const node of mesh.nodes) {
    signal.throwIfAborted();
    node.spawn();
    await node.up();
  }
  for (const node of mesh.nodes) await until(`node ${node.letter} is ready`, () => node.isReady(), START_MS);
  await mesh.settled();
  return mesh;
}

async function measureIdle({ nodes }: Cluster): Promise<Idle> {
  const pids = nodes.map(({ pid }) => pid);
  const ports = new Set(nodes.map(({ mesh }) => Number(mesh.split(':')[1])));
  const before = { at: performance.now(), cpu: cpuSeconds(pids), traffic: meshTraffic(ports) };
  await sleep(IDLE_SECONDS * 1000);
  const traffic = meshTraffic(ports);
  const daemonSeconds = ((performance.now() - before.at) / 1000) * nodes.length;
  return {
    cpuShare: (cpuSeconds(pids) - before.cpu) / daemonSeconds,
    bytesPerSecond: (traffic.bytes - before.traffic.bytes) / daemonSeconds,
    segmentsPerSecond: (traffic.segments - before.traffic.segments) / daemonSeconds,
    megabytes: median(pids.map((pid) => residentKilobytes(pid) / 1024)),
  };
}

async function measureForwards(
  mesh: Cluster,
  generator: LoadGenerator,
  { options, signal }: BenchContext,
): Promise<Measure[]> {
  // The one that is asked and the one that owns: what the others do is their idling.
  const pids = ['a', 'b'].map((letter) => mesh.node(letter).pid);
  const contender = {
    ...{ name: `${mesh.nodes.length} nodes`, tcp: tcpDoor(mesh.node('a')), keyLetter: 'b', servers: pids },
    serverNames: ['daemon that is asked', 'daemon that owns'],
    protocols: ['text'] as const,
  };
  const run = (seconds: number): Promise<Measure> =>
    generator.run(contender.name, sessionLoad(contender, { protocol: 'text', connections: 50, pipeline: 1, seconds }));
  await run(WARM_UP_SECONDS);
  const measures: Measure[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    signal.throwIfAborted();
    const idle = await measureIdleCpu(pids);
    const measure = await run(options.seconds);
    measures.push({ ...measure, serverCpuSeconds: measure.serverCpuSeconds - idle * measure.seconds });
  }
  return measures;
}

const WARM_UP_SECONDS = 3;
const IDLE_SAMPLE_MS = 2000;

/** Of all together, in cores. */
async function measureIdleCpu(pids: readonly number[]): Promise<number> {
  const before = { at: performance.now(), cpu: cpuSeconds(pids) };
  await sleep(IDLE_SAMPLE_MS);
  return (cpuSeconds(pids) - before.cpu) / ((performance.now() - before.at) / 1000);
}
