import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { EnvironmentValues } from '../config/sources.ts';
import { StoreStartError, hasCode, messageOf } from '../errors.ts';
import { becomesTrue, MemcachedLife } from './memcached-life.ts';
import { answers } from './dial-memcached.ts';
import type { MemcachedStateFile } from './memcached-state-file.ts';
import { readProcess, type ProcessIdentity } from './process-identity.ts';

const START_MS = 3_000;
const POLL_MS = 10;
const MAX_COMPLAINT_CHARACTERS = 500;

/** sysexits.h: a wrong command line; no such user. */
const HOPELESS_EXIT_CODES = [64, 67];

export type Spawn = (program: string, args: string[], options: SpawnOptions) => ChildProcess;

export interface LaunchOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly dial: () => Duplex;
  readonly daemon: ProcessIdentity;
  readonly stateFile: MemcachedStateFile;
  readonly clock: Clock;
  readonly spawn: Spawn;
  /** All that it is told of ours. */
  readonly env: EnvironmentValues;
}

export type Launch =
  | { readonly kind: 'up'; readonly life: MemcachedLife }
  /** `isHopeless`: trying again without a change by a person comes to the same. */
  | { readonly kind: 'failed'; readonly error: StoreStartError; readonly isHopeless: boolean };

/**
 * Starts a memcached that outlives this daemon, whatever happens to it, and waits until it answers. It is written down as
 * soon as it exists, so that a daemon that crashes now leaves nothing that its successor does not know of.
 */
export async function launchMemcached(options: LaunchOptions): Promise<Launch> {
  const { program, args, daemon, env, stateFile } = options;
  // A session of its own: no Ctrl-C meant for the daemon's terminal reaches it.
  const child = options.spawn(program, [...args], { detached: true, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ending = watchEnding(child);
  const found = child.pid === undefined ? undefined : readProcess(child.pid);
  if (found === undefined) return failure(program, await ending.settled);

  const record = { memcached: found.identity, program, args, daemon };
  try {
    await stateFile.write(record);
  } catch (error) {
    child.kill('SIGKILL');
    return failure(program, { text: messageOf(error), isHopeless: false });
  }
  const life = new MemcachedLife(record);
  void ending.settled.then(({ text }) => life.end(text));

  const isUp = await becomesTrue(
    async () => ending.hasCome() || (await answers(options.dial, options.clock, START_MS)),
    { everyMs: POLL_MS, withinMs: START_MS },
  );
  if (ending.hasCome()) return failure(program, await ending.settled);
  if (!isUp) {
    await life.kill('it was killed because it did not answer');
    return failure(program, { text: `it did not answer within ${START_MS} ms of its start`, isHopeless: false });
  }
  // Memcached ignores SIGPIPE, so a complaint that nobody reads any more does not hurt it.
  child.stderr?.destroy();
  child.unref();
  return { kind: 'up', life };
}

interface Ending {
  readonly text: string;
  readonly isHopeless: boolean;
}

/** How a child process ended, in words, with what it complained of. */
function watchEnding(child: ChildProcess): { readonly settled: Promise<Ending>; hasCome(): boolean } {
  let complaint = '';
  let hasCome = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(0, MAX_COMPLAINT_CHARACTERS);
  });
  // Reading may fail when the other end dies; how it ended is told by the events below.
  child.stderr?.on('error', () => undefined);
  const settled = new Promise<Ending>((resolve) => {
    const come = (ending: Ending): void => {
      hasCome = true;
      resolve(ending);
    };
    child.once('error', (error) => come(endingOfError(error)));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `it exited with code ${code ?? 'unknown'}` : `it was ended by ${signal}`;
      const said = complaint.trim();
      come({
        text: said === '' ? how : `${how}: ${said}`,
        isHopeless: code !== null && HOPELESS_EXIT_CODES.includes(code),
      });
    });
  });
  return { settled, hasCome: () => hasCome };
}

function endingOfError(error: Error): Ending {
  if (hasCode(error, 'ENOENT')) {
    return {
      text: 'there is no such program; install it (apt-get install memcached), set store.program, or set store.kind to "memory"',
      isHopeless: true,
    };
  }
  if (hasCode(error, 'EACCES')) {
    return { text: 'this user may not execute it; set store.program to one that it may', isHopeless: true };
  }
  return { text: error.message, isHopeless: false };
}

function failure(program: string, { text, isHopeless }: Ending): Launch {
  return { kind: 'failed', error: new StoreStartError(`cannot start ${program}: ${text}`), isHopeless };
}
