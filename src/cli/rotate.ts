import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { jsonBody } from './session-data.ts';
import { ID_ARGUMENT, readId } from './session-id-argument.ts';

/** `maglia rotate ID`: a new id for the same data, as after a login. */
export function rotateCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('rotate', 'give a session a new id, as after a login, and print it')
    .argument('<id>', ID_ARGUMENT)
    .action(async (argument: string, options: DaemonOptions) => {
      const id = await readId(argument, context.input);
      const answer = await callDaemon(context, options, {
        method: 'POST',
        path: sessionPath(id, '/rotate'),
        ...jsonBody({}),
      });
      finish(printAnswer(context, options, answer, (body) => String(body['id'])));
    });
}
