import { Command, CommanderError } from 'commander';
import { ConfigError, MagliaError, CliError, OpenFilesError, StoreStartError } from '../errors.ts';
import { ListenError } from '../listening/listen-error.ts';
import { checkConfigCommand } from './check-config.ts';
import type { CliContext, CommandParts } from './context.ts';
import {
  destroyCommand,
  getCommand,
  mintCommand,
  openCommand,
  patchCommand,
  putCommand,
  rotateCommand,
  touchCommand,
} from './session-commands.ts';
import { EXIT, EXIT_MEANINGS, type ExitCode } from './exit-codes.ts';
import { forgetCommand } from './forget.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './status.ts';
import { terminalText } from './terminal-text.ts';
import { upCommand } from './up.ts';
import { readVersion } from './version.ts';

/** Each makes one command. Their order is that of the help. */
const COMMANDS: readonly ((parts: CommandParts) => Command)[] = [
  upCommand,
  serveCommand,
  checkConfigCommand,
  statusCommand,
  forgetCommand,
  mintCommand,
  openCommand,
  getCommand,
  putCommand,
  patchCommand,
  touchCommand,
  rotateCommand,
  destroyCommand,
];

/**
 * Runs what the command line asks for and resolves with the exit status, whatever happens; what a person should know
 * stands on `context.errors`.
 *
 * @throws what is no error of ours: a fault in maglia.
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram({ context, finish: (code) => (exitCode = code) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explainError(error, context);
  }
}

function buildProgram(parts: CommandParts): Command {
  const { context } = parts;
  const program = new Command('maglia')
    .description('A mesh of daemons that shares web sessions between load-balanced hosts')
    .version(readVersion(), '--version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', describeExitCodes());
  for (const make of COMMANDS) program.addCommand(make(parts));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.output.write(text),
      writeErr: (text) => context.errors.write(text),
    });
  }
  return program;
}

function describeExitCodes(): string {
  const lines = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(4)}${meaning}`);
  return `\nExit status:\n${lines.join('\n')}`;
}

const CANNOT_START = [StoreStartError, ListenError, OpenFilesError] as const;

/** Says what went wrong and gives the exit status for it. */
function explainError(error: unknown, { errors }: CliContext): number {
  // Commander has said it already. Its own status is 0 for help and version, and 1 for every wrong call.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof MagliaError)) throw error;
  // It may have words in it that came over a socket.
  errors.write(`maglia: ${terminalText(error.message)}\n`);
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConfigError) return EXIT.config;
  return CANNOT_START.some((kind) => error instanceof kind) ? EXIT.cannotStart : EXIT.unavailable;
}
