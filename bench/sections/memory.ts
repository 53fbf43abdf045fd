import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../../test/support/cluster.ts';
import type { BenchContext } from '../bench-context.ts';
import { ChildProgram } from '../child-program.ts';
import { digits } from '../comparison-table.ts';
import { direct, ownLetter, startBenchMesh, twemproxy } from '../contenders/door-contenders.ts';
import type { DoorContender } from '../contenders/door-contender.ts';
import { startMesh, tcpDoor } from '../contenders/maglia.ts';
import { openIdleConnections } from '../idle-connections.ts';
import type { LoadTarget } from '../load/load-job.ts';
import { sessionLoad } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { residentKilobytes, residentOf } from '../resident.ts';
import type { FigureName, ResultTable, SectionOutcome } from '../section-result.ts';
import { spread, type Spread } from '../statistics.ts';

const IDLE_NODES = ['a', 'b', 'c'];
/** V8 gives back what starting took some half a minute later. */
const IDLE_MS = 60_000;
const SETTLE_MS = 5000;
/** After a burst, V8 gives back what it has no use for when it has had nothing to do for a minute. */
const SLACK_MS = 75_000;
const CONNECTIONS = 4000;
const SESSIONS = 100_000;
const BIG_STORE = { store: { kind: 'memcached', megabytes: 512 } };

/** What a daemon keeps in memory: idle, for each idle connection, for each session. */
export async function memory(context: BenchContext): Promise<SectionOutcome> {
  const idle = await idleDaemons(context);
  const perConnection = await idleConnections(context);
  const perSession = await sessions(context);
  return {
    tables: [idle.table, perConnection.table, perSession],
    figures: { ...idle.figures, ...perConnection.figures },
  };
}

interface Part {
  readonly table: ResultTable;
  readonly figures: Partial<Record<FigureName, Spread>>;
}

async function idleDaemons({ cleanup, say }: BenchContext): Promise<Part> {
  const mesh = await startMesh({ letters: IDLE_NODES });
  cleanup.add(() => mesh.close());
  const bare = new ChildProgram(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)']);
  cleanup.add(() => bare.end());
  say(`three daemons idle for ${IDLE_MS / 1000} s`);
  await sleep(IDLE_MS);
  const daemons = mesh.nodes.map(({ letter, pid }) => ({ name: `daemon ${letter}`, memory: residentOf(pid) }));
  const rows = [
    ...daemons,
    { name: 'Memcached of a', memory: residentOf(await mesh.node('a').storePid()) },
    { name: 'a Node.js that does nothing', memory: residentOf(bare.pid) },
  ];
  await mesh.close();
  await bare.end();
  return {
    figures: { idleDaemonMegabytes: spread(daemons.map(({ memory: { kilobytes } }) => kilobytes / 1024)) },
    table: {
      title: `memory: a mesh of three that was asked for nothing in ${IDLE_MS / 1000} s`,
      columns: ['process', 'MB RSS', 'of it private'],
      rows: rows.map(({ name, memory: { kilobytes, privateKilobytes } }) => [
        name,
        digits(kilobytes / 1024),
        digits(privateKilobytes / 1024),
      ]),
    },
  };
}

interface IdleDoor {
  readonly name: string;
  readonly target: LoadTarget;
  readonly question: string;
  readonly pid: number;
}

const MISS = 'get nothing-there\r\n';
const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

async function idleConnections(context: BenchContext): Promise<Part> {
  const mesh = await startBenchMesh(['a'], {}, context);
  const node = mesh.node('a');
  const proxy = await twemproxy('unix socket', context);
  const memcached = await direct(context);
  const doors: readonly IdleDoor[] = [
    { name: 'maglia, memcached door', target: tcpDoor(node), question: MISS, pid: node.pid },
    { name: 'maglia, HTTP door', target: httpDoor(node), question: HEALTH, pid: node.pid },
    { name: 'twemproxy', target: proxy.tcp, question: MISS, pid: proxy.servers[0] ?? 0 },
    { name: 'memcached', target: memcached.tcp, question: MISS, pid: memcached.servers[0] ?? 0 },
  ];
  const kilobytes: number[] = [];
  for (const door of doors) {
    context.say(`${CONNECTIONS} idle connections: ${door.name}`);
    kilobytes.push(await kilobytesPerConnection(door));
  }
  await mesh.close();
  const [doorKilobytes = Number.NaN, httpKilobytes = Number.NaN] = kilobytes;
  return {
    figures: {
      kilobytesPerDoorConnection: spread([doorKilobytes]),
      kilobytesPerHttpConnection: spread([httpKilobytes]),
    },
    table: {
      title: `memory: one of ${CONNECTIONS} idle connections, each of which was answered once`,
      columns: ['connected to', 'KB RSS'],
      rows: doors.map(({ name }, at) => [name, digits(kilobytes[at] ?? Number.NaN)]),
    },
  };
}

/** The difference between some connections and many more of them: the first ones warm the process up. */
async function kilobytesPerConnection({ target, question, pid }: IdleDoor): Promise<number> {
  const first = await openIdleConnections(target, question, CONNECTIONS / 4);
  await sleep(SETTLE_MS);
  const before = residentKilobytes(pid);
  const more = await openIdleConnections(target, question, CONNECTIONS);
  await sleep(SETTLE_MS);
  const grown = residentKilobytes(pid) - before;
  for (const socket of [...first, ...more]) socket.destroy();
  return grown / CONNECTIONS;
}

async function sessions(context: BenchContext): Promise<ResultTable> {
  const generator = startLoadGenerator(context);
  const mesh = await startBenchMesh(['a'], BIG_STORE, context);
  const maglia = await ownLetter(mesh, 'maglia');
  const memcached = await direct(context, BIG_STORE.store.megabytes);
  const rows: string[][] = [];
  for (const contender of [maglia, memcached]) {
    context.say(`${SESSIONS} sessions: ${contender.name}`);
    const before = contender.servers.map(residentKilobytes);
    await generator.run(contender.name, fillOnly(contender));
    await sleep(contender === maglia ? SLACK_MS : SETTLE_MS);
    const grown = contender.servers.map((pid, at) => residentKilobytes(pid) - (before[at] ?? 0));
    const bytesEach = grown.map((kilobytes) => digits((kilobytes * 1024) / SESSIONS));
    const [first = '', second = ''] = bytesEach;
    rows.push(contender === maglia ? [contender.name, second, first] : [contender.name, first, '']);
  }
  return {
    title: `memory: one of ${SESSIONS} sessions of 600 bytes`,
    columns: ['kept by', 'Memcached, bytes RSS', 'daemon, bytes RSS'],
    rows,
    notes: [
      'The daemon recalls the last write of the latest `limits.recalledSessions` sessions (50,000), whatever their number.',
    ],
  };
}

/** Every session set once, and hardly anything after that. */
function fillOnly(contender: DoorContender): ReturnType<typeof sessionLoad> {
  const job = sessionLoad(contender, { protocol: 'text', connections: 1, pipeline: 1, seconds: 0.1 });
  return { ...job, keys: { ...job.keys, count: SESSIONS } };
}

function httpDoor({ http }: ClusterNode): LoadTarget {
  const { hostname, port } = new URL(http);
  return { host: hostname, port: Number(port) };
}
