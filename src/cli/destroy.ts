import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { ID_ARGUMENT, readId } from './session-id-argument.ts';

/** `maglia destroy ID`: deletes a session for good. */
export function destroyCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('destroy', 'delete a session for good')
    .argument('<id>', ID_ARGUMENT)
    .action(async (argument: string, options: DaemonOptions) => {
      const id = await readId(argument, context.input);
      const answer = await callDaemon(context, options, { method: 'DELETE', path: sessionPath(id) });
      finish(printAnswer(context, options, answer, () => 'destroyed'));
    });
}
