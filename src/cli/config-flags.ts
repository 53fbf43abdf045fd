import { Command, Option } from 'commander';
import { describeOptions } from '../config/describe-options.ts';

/** A command with one flag for each option of the configuration. */
export function configCommand(name: string, summary: string): Command {
  const command = new Command(name).description(summary);
  for (const { usage, says, fallback, variable } of describeOptions()) {
    command.addOption(new Option(usage, `${says} (${variable}; without it: ${fallback})`));
  }
  return command;
}
