import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { jsonBody } from './session-data.ts';
import { ID_ARGUMENT, readId } from './session-id-argument.ts';
import { parseWholeNumber } from './whole-number.ts';

interface TouchOptions extends DaemonOptions {
  readonly ttl?: number;
}

/** `maglia touch ID`: extends a session's life. */
export function touchCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('touch', "extend a session's life, and print how long it is")
    .argument('<id>', ID_ARGUMENT)
    .option('--ttl <seconds>', 'its life after the last use, from now on', parseWholeNumber)
    .action(async (argument: string, options: TouchOptions) => {
      const id = await readId(argument, context.input);
      const call = jsonBody({ ttlSeconds: options.ttl });
      const answer = await callDaemon(context, options, { method: 'POST', path: sessionPath(id, '/touch'), ...call });
      finish(printAnswer(context, options, answer, ({ ttlSeconds }) => `${String(ttlSeconds)} s`));
    });
}
