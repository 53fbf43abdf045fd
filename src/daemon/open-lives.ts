import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { writeFileAtomically } from '../files/write-file-atomically.ts';
import { LivesFile } from '../membership/lives-file.ts';
import { Lives } from '../membership/lives.ts';

const LIVES_FILE = 'lives.json';

export function livesPath(runtimeDirectory: string): string {
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
