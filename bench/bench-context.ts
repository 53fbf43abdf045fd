import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './bench-options.ts';
import type { Cleanup } from './cleanup.ts';

/** What every section is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  /** Ends whatever the section has started. */
  readonly cleanup: Cleanup;
  /** For files of the section; removed with everything else. */
  readonly directory: string;
  /** A line for the person who watches. */
  readonly say: (line: string) => void;
  /** A run whose answers were wrong, thrown out; the bench ends with an error. */
  readonly throwOut: (why: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export function makeDirectory(cleanup: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'maglia-bench-'));
  cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
