import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { FlagValues } from '../config/sources.ts';
import { CliError } from '../errors.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import { configCommand, daemonSources } from './config-sources.ts';
import type { CliContext, CommandParts } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** `maglia forget LETTER`: has this host forget a life that came from a wrong clock, while its daemon does not run. */
export function forgetCommand({ context, finish }: CommandParts): Command {
  return configCommand(
    'forget',
    "forget what this host remembers of a letter's lives, as after a wrong clock; its daemon must not run",
  )
    .argument('<letter>', "a peer's letter; this node's own makes it forget all")
    .option('--json', 'print one line of JSON')
    .action(async (letter: string, flags: FlagValues) => finish(await forget(context, letter, flags)));
}

async function forget({ clock, output }: CliContext, letter: string, flags: FlagValues): Promise<ExitCode> {
  const config = await loadConfig(daemonSources(flags));
  if (!isLetter(letter) || !config.map.letters.includes(letter)) {
    throw new CliError(
      `${JSON.stringify(letter)} is no letter of the map: ${config.map.letters.join(', ')}`,
      EXIT.usage,
    );
  }
  // Loaded only here: every other command would wait for it without need.
  const { forgetLives, ownerOfLives, whyRunning } = await import('../daemon/remembered-lives.ts');
  const { runtimeDirectory } = config;
  const running = await whyRunning(config, clock);
  if (running !== undefined) {
    throw new CliError(`${running}: end it with SIGUSR2, which keeps its sessions, and forget then`, EXIT.no);
  }
  const owner = await ownerOfLives(runtimeDirectory);
  const user = process.geteuid?.();
  if (owner !== undefined && owner !== user) {
    // A file of ours the daemon could not read.
    throw new CliError(
      `what is in ${runtimeDirectory} belongs to user ${owner}: do this as that user (sudo -u '#${owner}' maglia forget …)`,
      EXIT.usage,
    );
  }
  const forgotten = await forgetLives(config, letter);
  const isJson = flags['json'] === true;
  output.write(
    isJson ? `${JSON.stringify({ letter, forgotten })}\n` : `${describe(letter, config.letter, forgotten)}\n`,
  );
  return forgotten ? EXIT.ok : EXIT.no;
}

function describe(letter: Letter, own: Letter, forgotten: boolean): string {
  if (!forgotten) return letter === own ? 'this node remembers nothing' : `this node remembers no life of ${letter}`;
  return letter === own ? 'forgotten: all lives, its own and those of its peers' : `forgotten: ${letter}`;
}
