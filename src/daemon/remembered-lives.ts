import { readFileSync } from 'node:fs';
import { rm, lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { formatSocketAddress } from '../config/socket-addresses.ts';
import { writeFileAtomically } from '../runtime-files.ts';
import { knock } from '../listening/knock.ts';
import { LivesFile } from '../membership/lives-file.ts';
import { Lives } from '../membership/lives.ts';
import type { Letter } from '../session/letter.ts';
import { MemcachedStateFile } from '../store/memcached-state-file.ts';
import { isAlive } from '../store/process-identity.ts';

const LIVES_FILE = 'lives.json';

function livesPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, LIVES_FILE);
}

export interface OpenLivesParts {
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told why a write failed. */
  readonly onFailed: (error: unknown) => void;
}

/** What this host remembers of lives, and the file that it is written to. */
export function openLives(parts: OpenLivesParts): { lives: Lives; livesFile: LivesFile } {
  const { runtimeDirectory, clock, log, onFailed } = parts;
  const path = livesPath(runtimeDirectory);
  const disk = {
    write: (text: string) =>
      writeFileAtomically(path, text).catch((error: unknown) => {
        onFailed(error);
        throw error;
      }),
    remove: () => rm(path, { force: true }),
  };
  const livesFile = new LivesFile({ disk, path, clock, log });
  const warn = (why: string): void => log.warn(`${path}: ${why}`);
  const lives = new Lives({
    text: readIfThere(path, warn),
    onChanged: (text) => livesFile.changed(text),
    onProblem: warn,
  });
  return { lives, livesFile };
}

function readIfThere(path: string, warn: (why: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) warn(`it cannot be read, so this node remembers no lives: ${String(error)}`);
    return undefined;
  }
}

/**
 * Why the files of this node may not be changed now: a daemon that runs keeps them true, and would write over them. Undefined
 * where none does.
 */
export async function whyRunning({ doors, runtimeDirectory }: Config, clock: Clock): Promise<string | undefined> {
  const state = new MemcachedStateFile(runtimeDirectory).read();
  const daemon = state.kind === 'found' ? state.record.daemon : undefined;
  if (daemon !== undefined && isAlive(daemon)) return `the daemon runs, with the pid ${daemon.pid}`;
  for (const address of doors.http) {
    if ((await knock(address, clock)) === undefined)
      return `something listens on ${formatSocketAddress(address)}, so the daemon runs`;
  }
  return undefined;
}

/** The user whose file it is; undefined where there is none. A link is none. */
export async function ownerOfLives(runtimeDirectory: string): Promise<number | undefined> {
  try {
    const stats = await lstat(livesPath(runtimeDirectory));
    return stats.isFile() ? stats.uid : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Takes what this node remembers of one letter out of its file; of its own letter, that is the whole file. Returns whether it
 * remembered anything. Only where no daemon runs.
 */
export async function forgetLives({ letter: own, runtimeDirectory }: Config, letter: Letter): Promise<boolean> {
  const path = livesPath(runtimeDirectory);
  if ((await ownerOfLives(runtimeDirectory)) === undefined) return false;
  if (letter === own) {
    await rm(path);
    return true;
  }
  const lives = new Lives({ text: await readFile(path, 'utf8') });
  if (!lives.forgetLetter(letter)) return false;
  await writeFileAtomically(path, lives.text);
  return true;
}
