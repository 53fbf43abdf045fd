import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareCluster, type Cluster, type ClusterNode, type ClusterOptions } from '../../test/support/cluster.ts';
import type { LoadTarget } from '../load/load-job.ts';

/** A mesh of real daemons, each with a second memcached door on a unix socket, ready. */
export async function startMesh(options: ClusterOptions): Promise<Cluster> {
  const cluster = await prepareCluster(options);
  try {
    for (const node of cluster.nodes) addUnixDoor(node);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.settled();
  } catch (error) {
    const logs = cluster.nodes.map((node) => `--- ${node.letter}\n${node.log().slice(-2000)}`).join('\n');
    await cluster.close();
    throw new Error(`the mesh did not start\n${logs}`, { cause: error });
  }
  return cluster;
}

export function unixDoor(node: ClusterNode): { readonly path: string } {
  return { path: join(node.directory, 'door.sock') };
}

export function tcpDoor(node: ClusterNode): LoadTarget {
  const [host = '', port] = node.memcached.split(':');
  return { host, port: Number(port) };
}

interface ConfigFile {
  readonly doors: { readonly memcached: readonly string[] };
}

function addUnixDoor(node: ClusterNode): void {
  const file = join(node.directory, 'cluster.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as ConfigFile;
  const doors = { ...config.doors, memcached: [...config.doors.memcached, unixDoor(node).path] };
  writeFileSync(file, JSON.stringify({ ...config, doors }));
}
