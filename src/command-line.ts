import { fstatSync, readFileSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { EndMode, Interrupts } from './cli/context.ts';
import { EXIT } from './cli/exit-codes.ts';
import { drained, FileOutput, fileSink, LogOutput, streamSink } from './cli/output.ts';
import { runCli } from './cli/program.ts';
import { systemClock } from './clock.ts';

/** SIGUSR2 leaves Memcached running for the next daemon. */
const SIGNALS = { SIGTERM: 'stop', SIGINT: 'stop', SIGUSR2: 'restart' } as const satisfies Partial<
  Record<NodeJS.Signals, EndMode>
>;

/** How long a daemon that ends, or `up`, waits for a reader of its output that takes nothing. */
const LAST_WORDS_MS = 1000;
/** The same for a command whose output is what it is for: somebody may be paging through it. */
const READING_MS = 60_000;

/** On a Ctrl-C npm passes on the signal that the terminal has sent us already; only what comes later insists. */
const ECHO_MS = 500;

/** How the process is asked to end, and what it hears besides. */
class ProcessSignals {
  readonly #requested: Promise<EndMode>;
  readonly #insisted: Promise<void>;
  #isCaught = false;
  #onRequest: (mode: EndMode) => void = () => undefined;
  #onInsistence: () => void = () => undefined;
  #requestedAt: number | undefined;
  #heardHangUp: (() => void) | undefined;

  constructor() {
    this.#requested = new Promise((resolve) => (this.#onRequest = resolve));
    this.#insisted = new Promise((resolve) => (this.#onInsistence = resolve));
  }

  /** As `CliContext` has it. */
  catchInterrupts(): Interrupts {
    this.#isCaught = true;
    for (const [signal, mode] of Object.entries(SIGNALS)) process.on(signal, () => this.#request(mode));
    process.on('SIGHUP', () => (this.#heardHangUp === undefined ? this.#request('stop') : this.#heardHangUp()));
    // Only with a parent that holds our IPC channel, as `maglia up` does: when it dies, we do not live on unseen.
    process.on('disconnect', () => this.#request('stop'));
    return { requested: this.#requested, insisted: this.#insisted };
  }

  onHangUp(heard: () => void): void {
    this.#heardHangUp = heard;
  }

  /** Whether this process goes on until it is told to end: then its output is a log, and losing it fails nothing. */
  get isCaught(): boolean {
    return this.#isCaught;
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
  else if (error.code !== 'EPIPE') outputLost(error.code ?? error.message);
}

const STANDARD_OUTPUT = 1;
const STANDARD_ERRORS = 2;

/** Why something that a command printed is lost. */
const losses: string[] = [];

/** Says so once. Where even that cannot be written, the exit status has to do. */
function outputLost(why: string): void {
  if (losses.push(why) === 1) errors.write(`maglia: some of the output is lost: it cannot be written (${why})\n`);
}

function isStream(fd: number): boolean {
  const kind = fstatSync(fd);
  return isatty(fd) || kind.isFIFO() || kind.isSocket();
}

function openOutput(fd: number, stream: Writable, onLost: (error: NodeJS.ErrnoException) => void): Writable {
  if (!isStream(fd)) return new FileOutput((bytes) => writeSync(fd, bytes), onLost);
  stream.on('error', onLost);
  return stream;
}

function openLog(): LogOutput {
  const toFile = fileSink((bytes) => writeSync(STANDARD_OUTPUT, bytes));
  return new LogOutput(isStream(STANDARD_OUTPUT) ? streamSink(process.stdout) : toFile);
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

// What cannot be complained of is lost: there is nobody to tell.
const errors = openOutput(STANDARD_ERRORS, process.stderr, (error) => {
  if (error.code === 'EIO') signals.terminalClosed();
});
const output = openOutput(STANDARD_OUTPUT, process.stdout, outputFailed);

/**
 * Carries out what the process was started for, and ends it.
 *
 * @param mainFile the file that starts this program
 */
export async function runProcess(mainFile: string): Promise<never> {
  const exitCode = await runCli(process.argv.slice(2), {
    clock: systemClock,
    input: process.stdin,
    output,
    errors,
    mainFile,
    openLog,
    readLimits,
    catchInterrupts: () => signals.catchInterrupts(),
    onHangUp: (heard) => signals.onHangUp(heard),
  });
  const patienceMs = signals.isCaught ? LAST_WORDS_MS : READING_MS;
  if (!(await drained(output, systemClock, patienceMs)) && !signals.isCaught) outputLost('nobody reads it');
  await drained(errors, systemClock, LAST_WORDS_MS);
  process.exit(losses.length > 0 && !signals.isCaught && exitCode === EXIT.ok ? EXIT.unwritten : exitCode);
}
