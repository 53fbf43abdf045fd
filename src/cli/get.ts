import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { EXIT } from './exit-codes.ts';
import { ID_ARGUMENT, readId } from './session-id-argument.ts';

/** `maglia get ID`: prints the data, byte for byte; with `--json` the whole answer. */
export function getCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('get', "print a session's data")
    .argument('<id>', ID_ARGUMENT)
    .action(async (argument: string, options: DaemonOptions) => {
      const id = await readId(argument, context.input);
      const path = sessionPath(id, options.json === true ? '' : '/data');
      const answer = await callDaemon(context, options, { method: 'GET', path });
      if (answer.status !== 200 || options.json === true) {
        finish(printAnswer(context, options, answer, JSON.stringify));
        return;
      }
      context.output.write(answer.body);
      if (answer.headers['content-type']?.startsWith('application/json') === true) context.output.write('\n');
      finish(EXIT.ok);
    });
}
