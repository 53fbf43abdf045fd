import { Command, Option } from 'commander';
import { describeOptions } from '../config/describe-options.ts';

/** A command with one flag for each option of the configuration. */
export function configCommand(name: string, summary: string): Command {
  const command = new Command(name).description(summary);
  for (const { usage, says, fallback, flag, former, variable } of describeOptions()) {
    command.addOption(new Option(usage, `${says} (${variable}; without it: ${fallback})`));
    if (former !== undefined) command.addOption(new Option(usage.replace(flag, former.flag)).hideHelp());
  }
  return command;
}
