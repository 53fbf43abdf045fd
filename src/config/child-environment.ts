import type { EnvironmentValues } from './sources.ts';

/** Where programs are, and the libraries of those that are installed elsewhere. */
const OF_ANY_PROGRAM = ['PATH', 'LD_LIBRARY_PATH'];

/** What somebody tells Node.js holds for the nodes of a local mesh as well. */
const OF_A_NODE = [...OF_ANY_PROGRAM, 'NODE_OPTIONS', 'TMPDIR'];

/**
 * What a Memcached is told of our environment. The rest may hold secrets of others, stands in /proc for as long as it runs,
 * and some of it Memcached would obey (MEMCACHED_PORT_FILENAME).
 */
export function memcachedEnvironment(env: EnvironmentValues = process.env): EnvironmentValues {
  return pick(env, OF_ANY_PROGRAM);
}

/** What `maglia up` tells its nodes: they are told everything else by file and flags. */
export function nodeEnvironment(env: EnvironmentValues = process.env): EnvironmentValues {
  return pick(env, OF_A_NODE);
}

function pick(env: EnvironmentValues, names: readonly string[]): EnvironmentValues {
  return Object.fromEntries(names.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]));
}
