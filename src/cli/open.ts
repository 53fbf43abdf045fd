import type { Command } from 'commander';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, type DaemonOptions } from './daemon-command.ts';
import { jsonBody } from './session-data.ts';
import { ID_ARGUMENT, readId } from './session-id-argument.ts';
import { terminalLine } from './terminal-text.ts';
import { parseWaitMs, parseWholeNumber } from './whole-number.ts';

interface OpenOptions extends DaemonOptions {
  readonly ttl?: number;
  readonly lock?: number;
}

/** `maglia open [ID]`: what a web application asks at the start of a request. */
export function openCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('open', 'find this session, or get a fresh one with the reason why')
    .argument('[id]', `${ID_ARGUMENT}; without one a session is minted`)
    .option('--ttl <seconds>', 'life of a fresh session after its last use', parseWholeNumber)
    .option('--lock <ms>', "take the session's lock, waiting up to this long", parseWaitMs)
    .action(async (argument: string | undefined, options: OpenOptions) => {
      const id = argument === undefined ? undefined : await readId(argument, context.input);
      const lock = options.lock === undefined ? undefined : { waitMs: options.lock };
      const call = jsonBody({ id, ttlSeconds: options.ttl, lock });
      // Waiting for the lock comes on top of what the call itself may take.
      const deadline = options.deadline + (options.lock ?? 0);
      const answer = await callDaemon(
        context,
        { ...options, deadline },
        { method: 'POST', path: '/v1/sessions/open', ...call },
      );
      finish(printAnswer(context, options, answer, describeOpened));
    });
}

/** One `name: value` per line, in the order of the answer; what is no text or number as JSON. */
function describeOpened(body: Readonly<Record<string, unknown>>): string {
  return Object.entries(body)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? terminalLine(value) : JSON.stringify(value)}`)
    .join('\n');
}
