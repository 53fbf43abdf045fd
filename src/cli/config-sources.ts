import { Command, Option } from 'commander';
import { describeOptions, VARIABLE_PREFIX } from '../config/option-names.ts';
import { machineSources } from '../config/process-environment.ts';
import type { ConfigSources, FlagValues } from '../config/sources.ts';

/** A command with one flag for each option of the configuration. */
export function configCommand(name: string, summary: string): Command {
  const command = new Command(name).description(summary);
  for (const { usage, says, fallback, flag, former, variable } of describeOptions()) {
    command.addOption(new Option(usage, `${says} (${variable}; without it: ${fallback})`));
    if (former !== undefined) command.addOption(new Option(usage.replace(flag, former.flag)).hideHelp());
  }
  return command;
}

/**
 * Read by the commands that talk to a daemon. To a daemon they would be unknown options, and it would refuse them; but a
 * shell in which somebody uses both has them set, so it is started without them and says nothing. The token that a door
 * demands is another option.
 */
export const URL_VARIABLE = 'MAGLIA_URL';
export const TOKEN_FILE_VARIABLE = 'MAGLIA_TOKEN_FILE';

/** What a daemon's configuration is made from, for these flags. */
export function daemonSources(flags: FlagValues): ConfigSources {
  return sourcesWhere(flags, (name) => name !== URL_VARIABLE && name !== TOKEN_FILE_VARIABLE);
}

/** The same for a node of a local mesh: it is told everything by file and flags, and our own options are not for it. */
export function nodeSources(flags: FlagValues): ConfigSources {
  return sourcesWhere(flags, (name) => !name.startsWith(VARIABLE_PREFIX));
}

function sourcesWhere(flags: FlagValues, isKept: (variable: string) => boolean): ConfigSources {
  const { env } = machineSources(flags);
  return machineSources(flags, Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name))));
}
