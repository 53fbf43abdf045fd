import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { writeFileAtomically, unwritable } from '../runtime-files.ts';
import { currentBootId } from './process-identity.ts';

export interface LifeClockOptions {
  readonly clock: Clock;
  /** Where the next daemon of this node finds what to go on with; absent where no record outlives the daemon. */
  readonly path?: string | undefined;
  /** Names the machine's life, within which `clock.monotonic()` goes on; undefined where the system tells none. */
  readonly bootId: string | undefined;
  /** Absent: writes to the disk. */
  readonly write?: WriteFile;
}

/** Puts a file there, whole or not at all. */
type WriteFile = (path: string, text: string) => Promise<void>;

const FORMAT = 1;
const FILE_NAME = 'clock.json';

/** The latest moment that a Date can hold: what is beyond was written by nobody. */
const LATEST_MOMENT = 8.64e15;

/**
 * What lives, tombstones and graces are counted by. It is the wall clock at its beginning, and from then on the monotonic
 * clock: to set the wall clock moves nothing here. The daemons of one node that follow each other within one boot of
 * the machine go on with the same count, so that a moment written down by one means the same to the next.
 */
export class LifeClock implements Clock {
  readonly #clock: Clock;
  readonly #path: string | undefined;
  readonly #bootId: string | undefined;
  readonly #offsetMs: number;
  readonly #write: WriteFile;
  #isKept: boolean;

  /** Reads what a former daemon has kept; where there is nothing to go on with, the count begins at the wall clock. */
  constructor({ clock, path, bootId, write = writeToDisk }: LifeClockOptions) {
    this.#clock = clock;
    this.#path = path;
    this.#bootId = bootId;
    this.#write = write;
    const kept = path === undefined || bootId === undefined ? undefined : readOffset(path, bootId);
    this.#isKept = kept !== undefined;
    this.#offsetMs = kept ?? Math.round(clock.now() - clock.monotonic());
  }

  now(): number {
    return Math.floor(this.#offsetMs + this.#clock.monotonic());
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, fire: () => void): Timer {
    return this.#clock.after(delayMs, fire);
  }

  /** Leaves the count to the next daemon, before anything is written down by it. Rejects with `StoreStartError`. */
  async keep(): Promise<void> {
    if (this.#isKept || this.#path === undefined || this.#bootId === undefined) return;
    const text = JSON.stringify({ format: FORMAT, bootId: this.#bootId, offsetMs: this.#offsetMs });
    try {
      await this.#write(this.#path, `${text}\n`);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    this.#isKept = true;
  }
}

/** What is kept in the daemon's own memory is read by no other daemon. */
export function openLifeClock(
  { store, runtimeDirectory }: Pick<Config, 'store' | 'runtimeDirectory'>,
  clock: Clock,
): LifeClock {
  const path = store.kind === 'memcached' ? join(runtimeDirectory, FILE_NAME) : undefined;
  return new LifeClock({ clock, path, bootId: currentBootId() });
}

/**
 * For the moments that Memcached is told: it compares them with its own count, which began at the wall clock of its start.
 * The later one keeps a record at least as long as it lives; the record itself knows when that ends.
 */
export function laterOf(clock: Clock, lifeClock: Clock): Clock {
  return {
    now: () => Math.max(clock.now(), lifeClock.now()),
    monotonic: () => clock.monotonic(),
    after: (delayMs, fire) => clock.after(delayMs, fire),
  };
}

async function writeToDisk(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, text);
}

function readOffset(path: string, bootId: string): number | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { format, bootId: keptIn, offsetMs } = json as Record<string, unknown>;
  if (format !== FORMAT || keptIn !== bootId || typeof offsetMs !== 'number') return undefined;
  return Number.isSafeInteger(offsetMs) && Math.abs(offsetMs) <= LATEST_MOMENT / 2 ? offsetMs : undefined;
}
