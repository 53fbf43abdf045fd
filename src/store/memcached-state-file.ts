import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically, unwritable } from '../runtime-files.ts';
import { hasCode } from '../errors.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What a daemon leaves on disk about its memcached, so that the next daemon finds exactly that process. */
export interface MemcachedRecord {
  readonly memcached: ProcessIdentity;
  readonly program: string;
  readonly args: readonly string[];
  /** The daemon that looks after it; none once that has let go of it. */
  readonly daemon?: ProcessIdentity;
}

/** What is in the file: nothing, a record, or something that nobody can use. */
export type ReadRecord =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly record: MemcachedRecord }
  | { readonly kind: 'unreadable' };

const FORMAT = 1;

const FILE_NAME = 'memcached.json';

/** `memcached.json` in the runtime directory: written whole or not at all. */
export class MemcachedStateFile {
  readonly path: string;

  constructor(runtimeDirectory: string) {
    this.path = join(runtimeDirectory, FILE_NAME);
  }

  read(): ReadRecord {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      return { kind: hasCode(error, 'ENOENT') ? 'none' : 'unreadable' };
    }
    const record = parseRecord(text);
    return record === undefined ? { kind: 'unreadable' } : { kind: 'found', record };
  }

  /** Rejects with `StoreStartError`: the system's own error, as of a full disk, names no file. */
  async write(record: MemcachedRecord): Promise<void> {
    try {
      await writeFileAtomically(this.path, `${JSON.stringify({ format: FORMAT, ...record })}\n`);
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

export function parseRecord(text: string): MemcachedRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(json) || json['format'] !== FORMAT) return undefined;
  const { memcached, program, args, daemon } = json;
  if (!isIdentity(memcached) || typeof program !== 'string' || !isStrings(args)) return undefined;
  if (daemon === undefined) return { memcached, program, args };
  return isIdentity(daemon) ? { memcached, program, args, daemon } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (!isObject(value)) return false;
  const { pid, startedTicks, bootId } = value;
  // A pid of 0 or less would name a whole group of processes.
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof startedTicks === 'string' && typeof bootId === 'string';
}
