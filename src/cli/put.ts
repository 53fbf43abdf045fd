import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, sessionPath, type DaemonOptions } from './daemon-command.ts';
import { ifMatchHeader, parseVersion } from './if-match.ts';
import { parseJsonData, readData } from './session-data.ts';
import { checkOneInput, ID_ARGUMENT, readId } from './session-id-argument.ts';
import { parseWholeNumber } from './whole-number.ts';

interface PutOptions extends DaemonOptions {
  readonly ifMatch?: number;
  readonly ttl?: number;
  readonly contentType?: string;
}

/** `maglia put ID DATA`: replaces a session's data, byte for byte, and prints the new version. */
export function putCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('put', "replace a session's data, and print the new version")
    .argument('<id>', ID_ARGUMENT)
    .argument('<data>', 'JSON, or bytes of --content-type; - reads standard input')
    .option('--if-match <version>', 'only if the session still has this version', parseVersion)
    .option('--ttl <seconds>', 'its life after the last use, from now on', parseWholeNumber)
    .option('--content-type <type>', 'what the data is, where it is not JSON')
    .action(async (idArgument: string, argument: string, options: PutOptions) => {
      checkOneInput(idArgument, argument);
      const id = await readId(idArgument, context.input);
      const body = await readData(argument, context.input);
      if (options.contentType === undefined) parseJsonData(body);
      const answer = await callDaemon(context, options, {
        method: 'PUT',
        path: sessionPath(id, '/data'),
        headers: {
          'content-type': options.contentType ?? 'application/json',
          ...(options.ttl !== undefined && { 'maglia-ttl-seconds': String(options.ttl) }),
          ...ifMatchHeader(options.ifMatch),
        },
        body,
      });
      finish(printAnswer(context, options, answer, ({ version }) => `version ${String(version)}`));
    });
}
