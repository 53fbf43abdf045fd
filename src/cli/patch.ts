import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { ifMatchHeader, parseVersion } from './if-match.ts';
import { jsonBody, parseJsonData, readData } from './session-data.ts';
import { checkOneInput, ID_ARGUMENT, readId } from './session-id-argument.ts';
import { parseWholeNumber } from './whole-number.ts';

interface PatchOptions extends DaemonOptions {
  readonly ifMatch?: number;
  readonly ttl?: number;
}

/** `maglia patch ID PATCH`: merges keys into a session's data (RFC 7396), and prints the new version. */
export function patchCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('patch', "merge keys into a session's data, and print the new version")
    .argument('<id>', ID_ARGUMENT)
    .argument('<patch>', 'JSON merge patch: null drops a key; - reads standard input')
    .option('--if-match <version>', 'only if the session still has this version', parseVersion)
    .option('--ttl <seconds>', 'its life after the last use, from now on', parseWholeNumber)
    .action(async (idArgument: string, argument: string, options: PatchOptions) => {
      checkOneInput(idArgument, argument);
      const id = await readId(idArgument, context.input);
      const patch = parseJsonData(await readData(argument, context.input));
      const { body, headers } = jsonBody({ data: patch, ttlSeconds: options.ttl });
      const answer = await callDaemon(context, options, {
        method: 'PATCH',
        path: sessionPath(id),
        headers: { ...headers, ...ifMatchHeader(options.ifMatch) },
        body,
      });
      finish(printAnswer(context, options, answer, ({ version }) => `version ${String(version)}`));
    });
}
