import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';

/** `maglia destroy ID`: deletes a session for good. */
export function destroyCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('destroy', 'delete a session for good')
    .argument('<id>')
    .action(async (id: string, options: DaemonOptions) => {
      const answer = await callDaemon(context, options, { method: 'DELETE', path: sessionPath(id) });
      finish(printAnswer(context, options, answer, () => 'destroyed'));
    });
}
