import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../../test/support/cluster.ts';
import type { BenchContext } from '../bench-context.ts';
import { ChildProgram } from '../child-program.ts';
import { digits, spreadText } from '../comparison-table.ts';
import { bareNode, direct, ownLetter, startBenchMesh, twemproxy } from '../contenders/door-contenders.ts';
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
/** V8 gives back what starting took some half a minute later. The HTTP door closes what is idle for 75 s. */
const IDLE_MS = 60_000;
/** After a burst, V8 gives back what it has no use for when it has had nothing to do for a minute. */
const SLACK_MS = 75_000;
const CONNECTIONS = 2000;
const WARM_UP_CONNECTIONS = 100;
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
  // Two meshes, since what one door's connections leave behind would be used again for the other's.
  const memcachedMesh = await startBenchMesh(IDLE_NODES, {}, context);
  const httpMesh = await startBenchMesh(IDLE_NODES, {}, context);
  const beside = [await bareNode(context), await twemproxy('unix socket', context), await direct(context)];
  const kinds: readonly (readonly IdleDoor[])[] = [
    memcachedMesh.nodes.map((node) => ({
      ...{ name: 'maglia, memcached door', target: tcpDoor(node), question: MISS, pid: node.pid },
    })),
    httpMesh.nodes.map((node) => ({
      ...{ name: 'maglia, HTTP door', target: httpTarget(node), question: HEALTH, pid: node.pid },
    })),
    ...beside.map(({ name, tcp, servers: [pid = 0] }) => [{ name, target: tcp, question: MISS, pid }]),
  ];
  context.say(`${CONNECTIONS} idle connections to each of ${kinds.flat().length} servers`);
  const kilobytes = await kilobytesPerConnection(kinds.flat());
  await Promise.all([memcachedMesh.close(), httpMesh.close()]);
  const kilobytesOf = (kind: readonly IdleDoor[]): number[] => kind.map((door) => kilobytes.get(door) ?? Number.NaN);
  const [memcachedDoor = [], httpDoor = []] = kinds.map(kilobytesOf);
  return {
    figures: { kilobytesPerDoorConnection: spread(memcachedDoor), kilobytesPerHttpConnection: spread(httpDoor) },
    table: {
      title: `memory: one of ${CONNECTIONS} idle connections, each of which was answered once`,
      columns: ['connected to', 'KB RSS'],
      rows: kinds.map((kind) => [kind[0]?.name ?? '', spreadText(kilobytesOf(kind))]),
    },
  };
}

/** What each connection adds to servers that had a few before, and were left alone for a while before and after. */
async function kilobytesPerConnection(doors: readonly IdleDoor[]): Promise<ReadonlyMap<IdleDoor, number>> {
  const open = async (count: number): Promise<Socket[]> => {
    const sockets: Socket[] = [];
    for (const { target, question } of doors) sockets.push(...(await openIdleConnections(target, question, count)));
    return sockets;
  };
  const close = (sockets: readonly Socket[]): void => {
    for (const socket of sockets) socket.destroy();
  };
  close(await open(WARM_UP_CONNECTIONS));
  await sleep(IDLE_MS);
  const before = doors.map(({ pid }) => residentKilobytes(pid));
  const sockets = await open(CONNECTIONS);
  await sleep(IDLE_MS);
  const grown = doors.map(({ pid }, at) => residentKilobytes(pid) - (before[at] ?? Number.NaN));
  close(sockets);
  return new Map(doors.map((door, at) => [door, (grown[at] ?? Number.NaN) / CONNECTIONS]));
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
    if (contender === maglia) await sleep(SLACK_MS);
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

function httpTarget({ http }: ClusterNode): LoadTarget {
  const { hostname, port } = new URL(http);
  return { host: hostname, port: Number(port) };
}
