import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { StoreStartError } from '../errors.ts';
import { messageOf } from './error-code.ts';

const OWNER_ONLY = 0o700;
const OTHERS = 0o077;

/**
 * Makes the directory that holds memcached's socket and what this node remembers of its peers, mode 0700, or checks the one
 * that is there: who may enter it may read every session (S7), and who owns it decides what the daemon believes. Throws
 * `StoreStartError`.
 */
export function prepareRuntimeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw new StoreStartError(
      `cannot make the runtime directory ${path}: ${messageOf(error)}; make it, or set runtimeDirectory`,
      { cause: error },
    );
  }
  const problem = problemOf(path, lstatSync(path), process.geteuid?.() ?? 0);
  if (problem !== undefined) throw new StoreStartError(problem);
}

/** What a start ends with that cannot write this file of the runtime directory. */
export function unwritable(path: string, error: unknown): StoreStartError {
  const cure = `make room in ${dirname(path)}, or set another runtimeDirectory`;
  return new StoreStartError(`${path} cannot be written (${messageOf(error)}): ${cure}`, { cause: error });
}

function problemOf(path: string, stats: Stats, uid: number): string | undefined {
  if (!stats.isDirectory()) {
    return `the runtime directory ${path} is not a directory (a link is none either); set runtimeDirectory to a real one`;
  }
  if (stats.uid !== uid) {
    return `the runtime directory ${path} belongs to user ${stats.uid}, and this daemon is user ${uid}; run chown ${uid} ${path}, or set another runtimeDirectory`;
  }
  if ((stats.mode & OTHERS) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    return `the runtime directory ${path} has mode ${mode}, so others can reach the sessions in it; run chmod 700 ${path}`;
  }
  return undefined;
}
