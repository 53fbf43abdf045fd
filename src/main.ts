#!/usr/bin/env node
import { fstatSync, readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { EndMode, Interrupts } from './cli/context.ts';
import { EXIT } from './cli/exit-codes.ts';
import { fileSink, LogOutput, streamSink } from './cli/log-output.ts';
import { runCli } from './cli/program.ts';
import { systemClock } from './clock.ts';

/** SIGUSR2 leaves Memcached running for the next daemon. */
const SIGNALS = { SIGTERM: 'stop', SIGINT: 'stop', SIGUSR2: 'restart' } as const satisfies Partial<
  Record<NodeJS.Signals, EndMode>
>;

/** How long we wait at the end for a reader that may be stuck. */
const LAST_WORDS_MS = 1000;

/** On a Ctrl-C npm passes on the signal that the terminal has sent us already; only what comes later insists. */
const ECHO_MS = 500;

/** How the process is asked to end, and what it hears besides. */
class ProcessSignals {
  readonly #requested: Promise<EndMode>;
  readonly #insisted: Promise<void>;
  #onRequest: (mode: EndMode) => void = () => undefined;
  #onInsistence: () => void = () => undefined;
  #requestedAt: number | undefined;
  #heardHangUp: (() => void) | undefined;

  constructor() {
    this.#requested = new Promise((resolve) => (this.#onRequest = resolve));
    this.#insisted = new Promise((resolve) => (this.#onInsistence = resolve));
    // Before anything else: Node.js would open its debugger to every local user, and with it the secret and all sessions.
    process.on('SIGUSR1', () => undefined);
  }

  /** As `CliContext` has it. */
  catchInterrupts(): Interrupts {
    for (const [signal, mode] of Object.entries(SIGNALS)) process.on(signal, () => this.#request(mode));
    process.on('SIGHUP', () => (this.#heardHangUp === undefined ? this.#request('stop') : this.#heardHangUp()));
    // Only with a parent that holds our IPC channel, as `maglia up` does: when it dies, we do not live on unseen.
    process.on('disconnect', () => this.#request('stop'));
    return { requested: this.#requested, insisted: this.#insisted };
  }

  onHangUp(heard: () => void): void {
    this.#heardHangUp = heard;
  }

  /** An ordinary request to stop, also where SIGHUP is none. */
  terminalClosed(): void {
    this.#request('stop');
  }

  #request(mode: EndMode): void {
    const now = systemClock.monotonic();
    this.#requestedAt ??= now;
    this.#onRequest(mode);
    if (now - this.#requestedAt > ECHO_MS) this.#onInsistence();
  }
}

const signals = new ProcessSignals();

function die(error: unknown): void {
  try {
    pino({ name: 'maglia' }, pino.destination({ fd: 2, sync: true })).fatal(
      { err: error },
      'a fault in maglia; please report it',
    );
  } catch {
    // Its disk may be full. The exit status says it all the same.
  }
  process.exit(EXIT.internal);
}

/**
 * The reader of our output has gone (`maglia get … | head -1`): there is nobody to tell. A terminal that was closed is an
 * ordinary request to stop, also where SIGHUP is not one.
 */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') signals.terminalClosed();
  else if (error.code !== 'EPIPE') die(error);
}

function openLog(): LogOutput {
  const { fd, isTTY } = process.stdout;
  const kind = fstatSync(fd);
  const isStream = isTTY || kind.isFIFO() || kind.isSocket();
  return new LogOutput(isStream ? streamSink(process.stdout) : fileSink((bytes) => writeSync(fd, bytes)));
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // No Linux: then the daemon takes the configured limits for possible.
    return '';
  }
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);
process.stdout.on('error', outputFailed);
process.stderr.on('error', outputFailed);

const exitCode = await runCli(process.argv.slice(2), {
  clock: systemClock,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  mainFile: fileURLToPath(import.meta.url),
  openLog,
  readLimits,
  catchInterrupts: () => signals.catchInterrupts(),
  onHangUp: (heard) => signals.onHangUp(heard),
});
// A pipe's reader may be slow: what is written is written before we go, unless it does not read at all.
systemClock.after(LAST_WORDS_MS, () => process.exit(exitCode));
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
