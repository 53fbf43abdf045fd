import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, constants, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreStartError, messageOf } from './errors.ts';

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

const OWNER_ONLY_FILE = 0o600;
const DRAFT_NAME_BYTES = 8;

/** Where a draft's name is taken, or a link lies, opening it fails: nobody's file is written through it. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Puts a file of mode 0600 with this text at `path`, whole or not at all. What is there already is replaced, a link as well;
 * what a link points to stays as it is. Where it rejects, as on a full disk, the former file is there still, and no draft.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(DRAFT_NAME_BYTES).toString('hex')}.draft`;
  const file = await open(draft, NEW_FILE, OWNER_ONLY_FILE);
  try {
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
