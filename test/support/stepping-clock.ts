import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How far the clock is off, as libfaketime reads it. */
export type ClockAhead = keyof typeof AHEAD_MS;

const MINUTE_MS = 60_000;
const AHEAD_MS = {
  '+0': 0,
  '+1h': 60 * MINUTE_MS,
  '-1h': -60 * MINUTE_MS,
  '+2m': 2 * MINUTE_MS,
  '-2m': -2 * MINUTE_MS,
  '+1d': 1440 * MINUTE_MS,
};

export function msOf(ahead: ClockAhead): number {
  return AHEAD_MS[ahead];
}

/** A wall clock that can be set while a daemon and its Memcached run (the Debian package libfaketime). The monotonic one is left alone. */
export class SteppingClock {
  readonly #path: string;

  /** @param directory holds the file that says how far off the clock is */
  constructor(directory: string) {
    this.#path = join(directory, 'clock');
    this.set('+0');
  }

  /** The environment with which a process has this clock. */
  get environment(): Readonly<Record<string, string>> {
    return {
      // $LIB is for the loader, which knows this machine's directory.
      LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  set(ahead: ClockAhead): void {
    // Whole or not at all: it is read at any moment.
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${ahead}\n`);
    renameSync(draft, this.#path);
  }
}
