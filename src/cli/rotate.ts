import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { jsonBody } from './session-data.ts';

/** `maglia rotate ID`: a new id for the same data, as after a login. */
export function rotateCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('rotate', 'give a session a new id, as after a login, and print it')
    .argument('<id>')
    .action(async (id: string, options: DaemonOptions) => {
      const answer = await callDaemon(context, options, {
        method: 'POST',
        path: sessionPath(id, '/rotate'),
        ...jsonBody({}),
      });
      finish(printAnswer(context, options, answer, (body) => String(body['id'])));
    });
}
