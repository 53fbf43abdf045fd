import { InvalidArgumentError, type Command } from 'commander';
import type { CommandParts } from './context.ts';
import {
  callDaemon,
  daemonCommand,
  printAnswer,
  parseWholeNumber,
  sessionPath,
  parseWaitMs,
  type DaemonOptions,
} from './daemon-command.ts';
import { EXIT } from './exit-codes.ts';
import { jsonBody, parseJsonData, readData, ID_ARGUMENT, readId, checkOneInput } from './session-arguments.ts';
import { terminalLine } from './terminal-text.ts';

interface LifeOptions extends DaemonOptions {
  readonly ttl?: number;
}

/** `maglia mint [DATA]`: prints the new id. */
export function mintCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('mint', 'make a session on the daemon asked, and print its id')
    .argument('[data]', 'its data, JSON; - reads standard input')
    .option('--ttl <seconds>', 'its life after the last use', parseWholeNumber)
    .action(async (argument: string | undefined, options: LifeOptions) => {
      const data = argument === undefined ? undefined : parseJsonData(await readData(argument, context.input));
      const call = jsonBody({ data, ttlSeconds: options.ttl });
      const answer = await callDaemon(context, options, { method: 'POST', path: '/v1/sessions', ...call });
      finish(printAnswer(context, options, answer, ({ id }) => String(id)));
    });
}

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

interface PatchOptions extends LifeOptions {
  readonly ifMatch?: number;
}

interface PutOptions extends PatchOptions {
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

interface OpenOptions extends LifeOptions {
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

/** `maglia touch ID`: extends a session's life. */
export function touchCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('touch', "extend a session's life, and print how long it is")
    .argument('<id>', ID_ARGUMENT)
    .option('--ttl <seconds>', 'its life after the last use, from now on', parseWholeNumber)
    .action(async (argument: string, options: LifeOptions) => {
      const id = await readId(argument, context.input);
      const call = jsonBody({ ttlSeconds: options.ttl });
      const answer = await callDaemon(context, options, { method: 'POST', path: sessionPath(id, '/touch'), ...call });
      finish(printAnswer(context, options, answer, ({ ttlSeconds }) => `${String(ttlSeconds)} s`));
    });
}

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

/** A session's version as `get --json` and `put` print it. */
function parseVersion(text: string): number {
  const version = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(version)) return version;
  throw new InvalidArgumentError('Give a version, a whole number, as it was printed.');
}

/** A session's ETag is its version in quotes. */
function ifMatchHeader(version: number | undefined): Record<string, string> {
  return version === undefined ? {} : { 'if-match': `"${version}"` };
}
