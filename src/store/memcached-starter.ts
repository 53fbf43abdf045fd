import type { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import pRetry, { AbortError } from 'p-retry';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { StoreStartError } from '../errors.ts';
import { dialMemcached } from './dial-memcached.ts';
import { messageOf } from './error-code.ts';
import { findFormerMemcached, type FormerMemcached } from './former-memcached.ts';
import { differencesOf, optionsOf } from './former-arguments.ts';
import { launchMemcached, type Launch } from './launch-memcached.ts';
import { largestRecordFor, memcachedArguments } from './memcached-arguments.ts';
import type { MemcachedLife } from './memcached-life.ts';
import { MemcachedStateFile } from './memcached-state-file.ts';
import { setMemoryLimit } from './memory-limit.ts';
import { readProcess, type ProcessIdentity } from './process-identity.ts';
import { memcachedEnvironment } from '../config/child-environment.ts';

const FIRST_START_RETRIES = 2;
const RETRY_MS = 100;

/** What became of the records that a former daemon of this node had stored; `fresh` where there was none. */
export type Kept = 'kept' | 'fresh' | 'lost';

export interface MemcachedStarterOptions {
  readonly program: string;
  readonly megabytes: number;
  readonly maxRecordBytes: number;
  readonly silentAfterMs: number;
  /** Holds the socket and the state file; made with mode 0700 where it is missing. */
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly spawn: typeof spawn;
}

export interface FirstMemcached {
  readonly life: MemcachedLife;
  readonly kept: Kept;
  /** In what it differs from one that would be started now. */
  readonly outdated: readonly string[];
  readonly maxRecordBytes: number;
}

/** Finds or starts the memcached of one runtime directory, which is prepared already, and keeps that directory's files true. */
export class MemcachedStarter {
  readonly socketPath: string;
  readonly #options: MemcachedStarterOptions;
  readonly #stateFile: MemcachedStateFile;

  constructor(options: MemcachedStarterOptions) {
    this.#options = options;
    this.socketPath = join(options.runtimeDirectory, 'memcached.sock');
    this.#stateFile = new MemcachedStateFile(options.runtimeDirectory);
  }

  readonly dial = (): Duplex => dialMemcached({ kind: 'unix', path: this.socketPath });

  /** Adopts what a former daemon left, or starts one. Throws `StoreStartError`. */
  async first(): Promise<FirstMemcached> {
    const { clock, log, maxRecordBytes, silentAfterMs } = this.#options;
    const daemon = ownIdentity();
    // Tells what cannot work, before anything is made.
    this.#args();
    const wanted = { daemon, dial: this.dial, clock, log, silentAfterMs };
    const former = await findFormerMemcached(this.#stateFile.read(), wanted);
    if (former.kind === 'usable') {
      await this.#stateFile.write(former.life.record);
      return await this.#takeOver(former.life);
    }
    await this.#makeRoom(former);
    const life = await pRetry(() => this.#firstTry(), {
      retries: FIRST_START_RETRIES,
      minTimeout: RETRY_MS,
      randomize: true,
    });
    return { life, kept: former.kind === 'none' ? 'fresh' : 'lost', outdated: [], maxRecordBytes };
  }

  /** Keeps it with all that is in it, whatever it was started with; what can be changed while it runs is changed. */
  async #takeOver(life: MemcachedLife): Promise<FirstMemcached> {
    const { clock, log, maxRecordBytes, megabytes, program } = this.#options;
    const { record } = life;
    const refusal = await setMemoryLimit(this.dial, megabytes, clock);
    const memory = refusal === undefined ? [] : [`other memory than ${megabytes} MiB (${refusal})`];
    const outdated = [...differencesOf(record, { program, args: this.#args() }), ...memory];
    if (outdated.length > 0) {
      log.warn(
        { outdated, memcachedPid: life.pid },
        'the former memcached is kept, with what it was started with: only a stop (SIGTERM) and a start, which drop its sessions, change that',
      );
    }
    const itemBytes = Number(optionsOf(record.args).get('-I'));
    const fits = Number.isSafeInteger(itemBytes) ? largestRecordFor(itemBytes) : maxRecordBytes;
    return { life, kept: 'kept', outdated, maxRecordBytes: Math.min(maxRecordBytes, fits) };
  }

  /** Starts one in the place of one that is dead. Throws `StoreStartError`. */
  async another(): Promise<MemcachedLife> {
    const launch = await this.#launch();
    if (launch.kind === 'failed') throw launch.error;
    return launch.life;
  }

  /** Removes what is left of a dead one. */
  async forget(): Promise<void> {
    await rm(this.socketPath, { force: true });
    this.#stateFile.remove();
  }

  /** Says to the next daemon that nobody looks after it any more. */
  async letGo(): Promise<void> {
    const read = this.#stateFile.read();
    if (read.kind !== 'found') return;
    const { memcached, program, args } = read.record;
    try {
      await this.#stateFile.write({ memcached, program, args });
    } catch (error) {
      // The next daemon sees by our process that we are gone.
      this.#options.log.warn(messageOf(error));
    }
  }

  async #firstTry(): Promise<MemcachedLife> {
    const launch = await this.#launch();
    if (launch.kind === 'up') return launch.life;
    this.#stateFile.remove();
    throw launch.isHopeless ? new AbortError(launch.error) : launch.error;
  }

  #launch(): Promise<Launch> {
    // The process that listened there is dead.
    rmSync(this.socketPath, { force: true });
    const { program, clock, spawn } = this.#options;
    return launchMemcached({
      program,
      args: this.#args(),
      dial: this.dial,
      daemon: ownIdentity(),
      stateFile: this.#stateFile,
      clock,
      spawn,
      env: memcachedEnvironment(),
    });
  }

  #args(): string[] {
    const { megabytes, maxRecordBytes } = this.#options;
    // As root it stays root: what another user owns, that user's processes can reach.
    const asUser = process.geteuid?.() === 0 ? userInfo().username : undefined;
    return memcachedArguments({ socketPath: this.socketPath, megabytes, maxRecordBytes, asUser });
  }

  async #makeRoom(former: Exclude<FormerMemcached, { kind: 'usable' }>): Promise<void> {
    const { log, runtimeDirectory } = this.#options;
    switch (former.kind) {
      case 'none':
        return;
      case 'taken':
        throw new StoreStartError(
          `the daemon with pid ${former.daemonPid} uses the runtime directory ${runtimeDirectory}; stop it, or set another runtimeDirectory`,
        );
      case 'gone':
        log.warn({ why: former.why }, 'the former memcached is gone, with all sessions in it');
        return;
      case 'unusable': {
        const { why, life } = former;
        log.warn({ why, memcachedPid: life.pid }, 'ending the former memcached, with all sessions in it');
        if (await life.putDown(why)) return;
        throw new StoreStartError(`the former memcached, pid ${life.pid}, does not die; end it by hand`);
      }
    }
  }
}

function ownIdentity(): ProcessIdentity {
  const self = readProcess(process.pid);
  if (self !== undefined) return self.identity;
  throw new StoreStartError(
    'memcached is looked after through /proc, which this system does not have; set store.kind to "memory", or store.address',
  );
}
