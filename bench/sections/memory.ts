import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterNode } from '../../test/support/cluster.ts';
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

/** Servers of one kind, which are all asked the same. */
interface IdleKind {
  readonly name: string;
  readonly question: string;
  readonly servers: readonly IdleServer[];
}

interface IdleServer {
  readonly target: LoadTarget;
  readonly pid: number;
}

const MISS = 'get nothing-there\r\n';
const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

async function idleConnections(context: BenchContext): Promise<Part> {
  // Two meshes, since what one door's connections leave behind would be used again for the other's.
  const memcachedMesh = await startBenchMesh(IDLE_NODES, {}, context);
  const httpMesh = await startBenchMesh(IDLE_NODES, {}, context);
  const beside = [await bareNode(context), await twemproxy('unix socket', context), await direct(context)];
  const serversOf = (mesh: Cluster, door: (node: ClusterNode) => LoadTarget): IdleServer[] =>
    mesh.nodes.map((node) => ({ target: door(node), pid: node.pid }));
  const kinds: readonly IdleKind[] = [
    { name: 'maglia, memcached door', question: MISS, servers: serversOf(memcachedMesh, tcpDoor) },
    { name: 'maglia, HTTP door', question: HEALTH, servers: serversOf(httpMesh, httpDoor) },
    ...beside.map(({ name, tcp, servers: [pid = 0] }) => ({ name, question: MISS, servers: [{ target: tcp, pid }] })),
  ];
  context.say(`${CONNECTIONS} idle connections: ${kinds.map(({ name }) => name).join('; ')}`);
  const kilobytes = await kilobytesPerConnection(kinds);
  await Promise.all([memcachedMesh.close(), httpMesh.close()]);
  const [ofMemcachedDoor = [], ofHttpDoor = []] = kilobytes;
  return {
    figures: { kilobytesPerDoorConnection: spread(ofMemcachedDoor), kilobytesPerHttpConnection: spread(ofHttpDoor) },
    table: {
      title: `memory: one of ${CONNECTIONS} idle connections, each of which was answered once`,
      columns: ['connected to', 'KB RSS'],
      rows: kinds.map(({ name }, at) => [name, spreadText(kilobytes[at] ?? [])]),
    },
  };
}

/**
 * What each connection adds to servers that had a few before, and were left alone for a while before and after: for each
 * kind, for each of its servers.
 */
async function kilobytesPerConnection(kinds: readonly IdleKind[]): Promise<number[][]> {
  const resident = (): number[][] => kinds.map(({ servers }) => servers.map(({ pid }) => residentKilobytes(pid)));
  closeAll(await openToEach(kinds, WARM_UP_CONNECTIONS));
  await sleep(IDLE_MS);
  const before = resident();
  const sockets = await openToEach(kinds, CONNECTIONS);
  await sleep(IDLE_MS);
  const after = resident();
  closeAll(sockets);
  return after.map((kind, at) =>
    kind.map((kilobytes, server) => (kilobytes - (before[at]?.[server] ?? Number.NaN)) / CONNECTIONS),
  );
}

async function openToEach(kinds: readonly IdleKind[], count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (const { question, servers } of kinds) {
    for (const { target } of servers) sockets.push(...(await openIdleConnections(target, question, count)));
  }
  return sockets;
}

function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
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

function httpDoor({ http }: ClusterNode): LoadTarget {
  const { hostname, port } = new URL(http);
  return { host: hostname, port: Number(port) };
}
