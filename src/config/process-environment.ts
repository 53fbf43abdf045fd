import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { systemClock } from '../clock.ts';
import type { ConfigSources, EnvironmentValues, FileRead, FlagValues } from './sources.ts';

/** No configuration, secret or token is larger; what is, is the wrong file. */
const MAX_FILE_BYTES = 1_048_576;

/** This machine's files, interfaces and names, with the flags of a command line. */
export function machineSources(flags: FlagValues, env: EnvironmentValues = process.env): ConfigSources {
  const userId = process.getuid?.();
  return {
    flags,
    env,
    workingFolder: process.cwd(),
    temporaryFolder: tmpdir(),
    ...(userId !== undefined && { userId }),
    localAddresses: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
    clock: systemClock,
    readFile: readRegularFile,
    resolveHost: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    drawSecret: () => randomBytes(32),
  };
}

async function readRegularFile(path: string): Promise<FileRead> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'unreadable', why: 'not a regular file' };
    if (stats.size > MAX_FILE_BYTES) return { kind: 'unreadable', why: `a file of ${stats.size} bytes` };
    return { kind: 'read', bytes: await file.readFile(), mode: stats.mode, owner: stats.uid };
  } catch (error) {
    return { kind: 'unreadable', why: explainRefusal(error) };
  } finally {
    await file?.close();
  }
}

function explainRefusal(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
  if (code === 'ENOENT') return 'no such file (ENOENT)';
  if (code === 'EACCES') return 'a file that this user may not read (EACCES)';
  return `a file that cannot be read (${code})`;
}

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
