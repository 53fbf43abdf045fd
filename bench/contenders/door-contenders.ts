import { join } from 'node:path';
import { startMesh, tcpDoor, unixDoor } from './maglia.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { CALM, type Cluster } from '../../test/support/cluster.ts';
import { isListening } from '../../test/support/listening.ts';
import type { BenchContext } from '../bench-context.ts';
import { ChildProgram } from '../child-program.ts';
import type { LoadTarget } from '../load/load-job.ts';
import { TCP_HOST, type DoorContender } from './door-contender.ts';
import { BenchMemcached } from './memcached.ts';
import { Twemproxy } from './twemproxy.ts';

type Parts = Pick<BenchContext, 'cleanup' | 'directory'>;

/** A node of a running mesh, asked for its own sessions. */
export async function ownLetter(cluster: Cluster, name: string): Promise<DoorContender> {
  const [node] = cluster.nodes;
  if (node === undefined) throw new RangeError('the mesh has no node');
  return {
    name,
    tcp: tcpDoor(node),
    unix: unixDoor(node),
    protocols: ['text', 'binary'],
    keyLetter: node.letter,
    servers: [node.pid, await node.storePid()],
    serverNames: ['daemon', 'its Memcached'],
  };
}

/** The first node of a running mesh, asked for the second's sessions. */
export async function forwarded(cluster: Cluster, name: string): Promise<DoorContender> {
  const [asked, owner] = cluster.nodes;
  if (asked === undefined || owner === undefined) throw new RangeError('a mesh of one forwards nothing');
  return {
    name,
    tcp: tcpDoor(asked),
    unix: unixDoor(asked),
    protocols: ['text', 'binary'],
    keyLetter: owner.letter,
    servers: [asked.pid, owner.pid, await owner.storePid()],
    serverNames: ['daemon that is asked', 'daemon that owns', 'its Memcached'],
  };
}

/** With the calm timings of the tests, which cost what the usual ones cost: how busy the machine is decides about nothing. */
export async function startBenchMesh(
  letters: readonly string[],
  config: Readonly<Record<string, unknown>>,
  { cleanup }: Parts,
): Promise<Cluster> {
  const cluster = await startMesh({ letters, config: { ...CALM, ...config } });
  cleanup.add(() => cluster.close());
  return cluster;
}

/** Memcached itself. It listens on either TCP or a unix socket, so there are two. */
export async function direct({ cleanup, directory }: Parts, megabytes?: number): Promise<DoorContender> {
  const [port = 0] = await freePorts(1);
  const tcp = await BenchMemcached.start({ host: TCP_HOST, port }, megabytes);
  cleanup.add(() => tcp.end());
  const unix = await BenchMemcached.start({ path: join(directory, `direct-${port}.sock`) });
  cleanup.add(() => unix.end());
  return {
    name: 'memcached',
    tcp: tcp.target,
    unix: unix.target,
    protocols: ['text', 'binary'],
    keyLetter: 'a',
    servers: [tcp.pid, unix.pid],
    serverNames: ['memcached on TCP', 'memcached on a unix socket'],
  };
}

/** A Node.js that does no more than it must: what is not maglia's in the price of a request. */
export async function bareNode({ cleanup, directory }: Parts): Promise<DoorContender> {
  const [port = 0] = await freePorts(1);
  const tcp = { host: TCP_HOST, port };
  const unix = { path: join(directory, `bare-${port}.sock`) };
  const main = join(import.meta.dirname, 'bare-map.ts');
  const program = new ChildProgram(process.execPath, ['--import', 'tsx', main, String(port), unix.path]);
  cleanup.add(() => program.end());
  await program.ready(() => isListening(tcp));
  return {
    ...{ name: 'bare Node.js', tcp, unix, keyLetter: 'a', protocols: ['text'] },
    servers: [program.pid],
    serverNames: ['node'],
  };
}

/** twemproxy with a Memcached of its own behind: on this host over its unix socket, as a daemon has it; or over TCP. */
export async function twemproxy(behind: 'unix socket' | 'TCP', { cleanup, directory }: Parts): Promise<DoorContender> {
  const [port = 0, statsPort = 0, memcachedPort = 0] = await freePorts(3);
  const tcp = { host: TCP_HOST, port };
  const unix = { path: join(directory, `twemproxy-${port}.sock`) };
  const target: LoadTarget =
    behind === 'TCP' ? { host: TCP_HOST, port: memcachedPort } : { path: join(directory, `memcached-${port}.sock`) };
  const memcached = await BenchMemcached.start(target);
  cleanup.add(() => memcached.end());
  const proxy = await Twemproxy.start({ directory, listens: [tcp, unix], statsPort, memcached: target });
  cleanup.add(() => proxy.end());
  return {
    ...{ name: 'twemproxy', tcp, unix, keyLetter: 'a' },
    // It has no binary protocol.
    protocols: ['text'],
    servers: [proxy.pid, memcached.pid],
    serverNames: ['nutcracker', 'its Memcached'],
  };
}
