import { readFile } from 'node:fs/promises';
import { Command, Option, InvalidArgumentError } from 'commander';
import { CliError } from '../errors.ts';
import { isKeyForm } from '../session/session-id.ts';
import { TOKEN_FILE_VARIABLE, URL_VARIABLE } from './config-sources.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeForStatus, type ExitCode } from './exit-codes.ts';
import {
  describeRefusal,
  parseObjectBody,
  DEFAULT_URL,
  parseEndpoint,
  HttpClient,
  type Answer,
  type Call,
} from './http-client.ts';
import { terminalLine, terminalText, withTerminalLines } from './terminal-text.ts';

/** Longer than any operation of a daemon (its own cap is 500 ms), since a terminal can wait where a web request cannot. */
const DEFAULT_DEADLINE_MS = 5000;

/** The flags of each command that talks to a daemon. */
export interface DaemonOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly deadline: number;
  readonly json?: boolean;
}

/** A command with those flags. */
export function daemonCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .addOption(
      new Option('--url <url>', 'the daemon: http://host:port or unix:/path/of.sock')
        .default(DEFAULT_URL)
        .env(URL_VARIABLE),
    )
    .addOption(new Option('--token-file <file>', "holds the door's bearer token").env(TOKEN_FILE_VARIABLE))
    .option('--deadline <ms>', 'longest time to wait for its answer', parseWholeNumber, DEFAULT_DEADLINE_MS)
    .option('--json', 'print the answer as one line of JSON');
}

export async function callDaemon(context: CliContext, options: DaemonOptions, call: Call): Promise<Answer> {
  const token = options.tokenFile === undefined ? undefined : await readToken(options.tokenFile);
  const client = new HttpClient({
    endpoint: parseEndpoint(options.url),
    deadlineMs: options.deadline,
    clock: context.clock,
    ...(token !== undefined && { token }),
  });
  return await client.call(call);
}

/** The path of a session, or of something below it. */
export function sessionPath(id: string, below = ''): string {
  if (isKeyForm(id)) return `/v1/sessions/${encodeURIComponent(id)}${below}`;
  throw new CliError(
    `${JSON.stringify(id)} is no session id: one has 1 to 250 printable ASCII characters and no space`,
    EXIT.usage,
  );
}

/** Prints an answer, with `describe` for people, and gives the exit status that it means. */
export function printAnswer(
  context: CliContext,
  { json }: DaemonOptions,
  answer: Answer,
  describe: (body: Readonly<Record<string, unknown>>) => string,
): ExitCode {
  const exitCode = exitCodeForStatus(answer.status);
  // DELETE answers without a body.
  const body = answer.status === 204 ? {} : parseObjectBody(answer);
  if (json === true) context.output.write(answer.status === 204 ? '{}\n' : `${oneLine(answer.body)}\n`);
  else if (exitCode === EXIT.ok) context.output.write(`${terminalText(describe(inTerminalLines(body)))}\n`);
  if (exitCode !== EXIT.ok) context.errors.write(`maglia: ${describeRefusal(answer)}\n`);
  return exitCode;
}

/** What the daemon says, on one line each; a session's data is its own, and printed as JSON. */
function inTerminalLines(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      terminalLine(name),
      name === 'data' ? value : withTerminalLines(value),
    ]),
  );
}

/**
 * JSON data is passed on as it was stored, and may have been laid out over lines: between values only, never inside. What a
 * terminal would obey stands only inside texts, where it can be written out.
 */
function oneLine(json: Buffer): string {
  return terminalText(json.toString('utf8').replace(/[\r\n]+/g, ' '));
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(`cannot read the token file ${file}`, EXIT.usage, { cause: error });
  });
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError(`the token file ${file} does not hold one line of printable ASCII`, EXIT.usage);
}

/** A number of seconds, milliseconds or so on a command line. */
export function parseWholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 to 999999999.');
}

export function parseWaitMs(text: string): number {
  return text === '0' ? 0 : parseWholeNumber(text);
}
