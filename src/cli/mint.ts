import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, type DaemonOptions } from './daemon-command.ts';
import { jsonBody, parseJsonData, readData } from './session-data.ts';
import { parseWholeNumber } from './whole-number.ts';

interface MintOptions extends DaemonOptions {
  readonly ttl?: number;
}

/** `maglia mint [DATA]`: prints the new id. */
export function mintCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('mint', 'make a session on the daemon asked, and print its id')
    .argument('[data]', 'its data, JSON; - reads standard input')
    .option('--ttl <seconds>', 'its life after the last use', parseWholeNumber)
    .action(async (argument: string | undefined, options: MintOptions) => {
      const data = argument === undefined ? undefined : parseJsonData(await readData(argument, context.input));
      const call = jsonBody({ data, ttlSeconds: options.ttl });
      const answer = await callDaemon(context, options, { method: 'POST', path: '/v1/sessions', ...call });
      finish(printAnswer(context, options, answer, ({ id }) => String(id)));
    });
}
