#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { EndMode, Interrupts } from './cli/context.ts';
import { EXIT } from './cli/exit-codes.ts';
import { runCli } from './cli/program.ts';
import { systemClock } from './clock.ts';

/** A closed terminal is an ordinary stop. SIGUSR2 leaves Memcached running for the next daemon. */
const SIGNALS = { SIGTERM: 'stop', SIGINT: 'stop', SIGHUP: 'stop', SIGUSR2: 'restart' } as const satisfies Partial<
  Record<NodeJS.Signals, EndMode>
>;

/** On a Ctrl-C npm passes on the signal that the terminal has sent us already; only what comes later insists. */
const ECHO_MS = 500;

function catchInterrupts(): Interrupts {
  let requestedAt: number | undefined;
  let request: (mode: EndMode) => void = () => undefined;
  let insist: () => void = () => undefined;
  const requested = new Promise<EndMode>((resolve) => (request = resolve));
  const insisted = new Promise<void>((resolve) => (insist = resolve));
  const onRequest = (mode: EndMode): void => {
    const now = systemClock.monotonic();
    requestedAt ??= now;
    request(mode);
    if (now - requestedAt > ECHO_MS) insist();
  };
  for (const [signal, mode] of Object.entries(SIGNALS)) process.on(signal, () => onRequest(mode));
  // Only with a parent that holds our IPC channel, as `maglia up` does: when it dies, we do not live on unseen.
  process.on('disconnect', () => onRequest('stop'));
  return { requested, insisted };
}

function die(error: unknown): void {
  pino({ name: 'maglia' }, pino.destination({ fd: 2, sync: true })).fatal(
    { err: error },
    'a fault in maglia; please report it',
  );
  process.exit(EXIT.internal);
}

/** Whoever read our output has gone (`maglia get … | head -1`), or the terminal is closed: nobody to tell. */
function ignoreClosedOutput(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') die(error);
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);
process.stdout.on('error', ignoreClosedOutput);
process.stderr.on('error', ignoreClosedOutput);

const exitCode = await runCli(process.argv.slice(2), {
  clock: systemClock,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  mainFile: fileURLToPath(import.meta.url),
  catchInterrupts,
});
// A pipe's reader may be slow: what is written is written before we go.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
