import { url as inspectorUrl } from 'node:inspector';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { checkLeast, fitToOpenFiles, openFilesLimit } from '../config/open-files.ts';
import type { FlagValues } from '../config/sources.ts';
import { configCommand } from './config-flags.ts';
import type { CliContext, CommandParts } from './context.ts';
import { daemonLog } from './daemon-log.ts';
import { daemonSources } from './environment.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { loadDaemon } from './load-daemon.ts';
import { warnOfRoot } from './root-warning.ts';
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
