import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { EnvironmentValues } from '../../config/sources.ts';

/** A daemon closes within a few seconds; one that does not is stuck. */
const STOP_PATIENCE_MS = 8000;

/** `mainFile serve …`, its output appended to `logFile`. */
export interface Launch {
  readonly mainFile: string;
  readonly serveArguments: readonly string[];
  readonly env: EnvironmentValues;
  readonly logFile: string;
}

/**
 * One `maglia serve`, as a process in a group of its own: a Ctrl-C in the terminal reaches only `up`, which then stops
 * its nodes in order. Its IPC channel carries nothing; when `up` dies it breaks, and the node stops.
 */
export class NodeProcess {
  readonly pid: number;
  /** Resolves, with how, when the process has ended or could not be started. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `exit status ${code ?? 0}` : `killed by ${signal}`),
      );
    });
  }

  static start({ mainFile, serveArguments, env, logFile }: Launch): NodeProcess {
    const log = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(process.execPath, [mainFile, 'serve', ...serveArguments], {
        detached: true,
        env,
        stdio: ['ignore', log, log, 'ipc'],
      });
      return new NodeProcess(child);
    } finally {
      closeSync(log);
    }
  }

  /** Asks it to stop, also if it is frozen, and resolves when it has ended; one that stays is killed. */
  async stop(clock: Clock): Promise<void> {
    this.#child.kill('SIGTERM');
    this.#child.kill('SIGCONT');
    if (await isSettledWithin(clock, STOP_PATIENCE_MS, this.ended)) return;
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** Whether `promise` settles well within this long; one that rejects does so here too. */
export async function isSettledWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const tooLate = new Promise<false>((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([promise.then(() => true), tooLate]);
  } finally {
    cancel();
  }
}
