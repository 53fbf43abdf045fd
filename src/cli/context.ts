import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ExitCode } from './exit-codes.ts';
import type { LogOutput } from './output.ts';

/** How a daemon is to end: for good, or so that the next one takes over its Memcached. */
export type EndMode = 'stop' | 'restart';

/** Requests to end, as signals bring them. */
export interface Interrupts {
  /** The first one. */
  readonly requested: Promise<EndMode>;
  /** One more, later: somebody has lost patience. */
  readonly insisted: Promise<void>;
}

/** What a command may touch of the process that it runs in. */
export interface CliContext {
  readonly clock: Clock;
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** The standard output as a daemon's log, which may be full, or stuck. */
  openLog(): LogOutput;
  /** What the system lets this process take, as Linux writes it; nothing on other systems. */
  readLimits(): string;
  /** The file that starts this program, for commands that start more of it. */
  readonly mainFile: string;
  /** From this call on, signals end nothing by themselves: the command does. */
  catchInterrupts(): Interrupts;
  /** Has SIGHUP end nothing any more. A daemon's terminal that is closed shows in its output. */
  onHangUp(heard: () => void): void;
}

/** What each command is made with. */
export interface CommandParts {
  readonly context: CliContext;
  /** Takes the exit status of the command that ran. */
  readonly finish: (exitCode: ExitCode) => void;
}
