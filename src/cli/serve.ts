import { url as inspectorUrl } from 'node:inspector';
import type { Command } from 'commander';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { checkLeast, fitToOpenFiles, openFilesLimit } from '../config/open-files.ts';
import type { FlagValues } from '../config/sources.ts';
import type * as DaemonModule from '../daemon.ts';
import { ERROR_SERIALIZER } from '../session/loggable.ts';
import { configCommand, daemonSources } from './config-sources.ts';
import type { CliContext, CommandParts } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { readVersion } from './version.ts';

/** `maglia serve`: one daemon in the foreground, its log on standard output. */
export function serveCommand({ context, finish }: CommandParts): Command {
  return configCommand(
    'serve',
    "run this host's daemon in the foreground; its log is JSON lines on standard output",
  ).action(async (flags: FlagValues) => finish(await serve(context, flags)));
}

async function serve(context: CliContext, flags: FlagValues): Promise<ExitCode> {
  const openFiles = openFilesLimit(context.readLimits());
  checkLeast(openFiles);
  const { config, warning } = fitToOpenFiles(await loadConfig(daemonSources(flags)), openFiles);
  const output = context.openLog();
  const log = daemonLog(config, output);
  if (warning !== undefined) log.warn(warning);
  const interrupts = context.catchInterrupts();
  if (inspectorUrl() !== undefined) {
    log.warn('a debugger can be attached, by every user of this machine: take --inspect out of NODE_OPTIONS');
  }
  warnOfRoot(process.getuid?.(), log);
  context.onHangUp(() => log.warn('SIGHUP is not obeyed: a daemon cannot read its configuration again while it runs'));
  const { Daemon } = await loadDaemon();
  const daemon = new Daemon(config, {
    clock: context.clock,
    log,
    software: readVersion(),
    droppedLogLines: () => output.dropped,
  });
  try {
    await Promise.race([daemon.start(), interrupts.requested]);
  } catch (error) {
    // The command line tells it, once.
    log.debug({ err: error }, 'cannot start');
    throw error;
  }
  const mode = await interrupts.requested;
  log.info({ mode }, 'asked to end');
  await Promise.race([daemon.close(mode), interrupts.insisted]);
  return EXIT.ok;
}

/** The log of a daemon: JSON lines with its letter. */
export function daemonLog({ letter, log }: Pick<Config, 'letter' | 'log'>, output: DestinationStream): Logger {
  return pino({ name: 'maglia', level: log.level, base: { letter }, serializers: ERROR_SERIALIZER }, output);
}

const ROOT = 0;

/** Root needs no permission to anything: nor does an attacker who finds a fault in a daemon or a Memcached that is root. */
export function warnOfRoot(userId: number | undefined, log: Pick<Logger, 'warn'>): void {
  if (userId !== ROOT) return;
  log.warn(
    'this daemon runs as root, and so does its Memcached: give it a user of its own, which is not the one of the web server (docs/operating.md#the-user)',
  );
}

/**
 * Loads the daemon part by part, each with all that it imports. Node.js opens the files of one import at about the same time:
 * at once they were 90, and a process that may have 100 open did not always start.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import('../store/open-store.ts'),
  () => import('../engine/engine.ts'),
  () => import('../mesh/mesh-server.ts'),
  () => import('../membership/join.ts'),
  () => import('../routing/router.ts'),
  () => import('../node/node.ts'),
  () => import('../doors/http/app.ts'),
  () => import('../doors/http/listen.ts'),
  () => import('../doors/memcached/protocol/command-decoder.ts'),
  () => import('../doors/kit/connection.ts'),
  () => import('../doors/memcached/memcached-door.ts'),
];

/** Only where a daemon is to run: every other command would wait for it without need. */
async function loadDaemon(): Promise<typeof DaemonModule> {
  for (const load of PARTS) await load();
  return import('../daemon.ts');
}
