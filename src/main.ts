#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as CommandLine from './command-line.ts';

/** As `EXIT.cannotStart`; nothing can be imported to say so. */
const CANNOT_START = 75;

const STANDARD_ERRORS = 2;

/** Both limits on open files, that of this process and that of the whole system. */
const TOO_MANY_OPEN: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/**
 * Loads the program. It has many files, of which Node.js opens dozens at a time; this one has none besides itself, so that it
 * can say what is wrong where too few may be open.
 */
async function load(): Promise<typeof CommandLine> {
  try {
    return await import('./command-line.ts');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!TOO_MANY_OPEN.has(code)) throw error;
    complain(
      code === 'EMFILE'
        ? 'this process may open too few files to load the program (EMFILE): raise the limit (ulimit -n for a shell, LimitNOFILE= for systemd)'
        : 'this machine has as many files open as it may (ENFILE): end what opens them, or raise fs.file-max (sysctl)',
    );
    process.exit(CANNOT_START);
  }
}

function complain(text: string): void {
  try {
    writeSync(STANDARD_ERRORS, `maglia: ${text}\n`);
  } catch {
    // Nobody reads it. The exit status says it all the same.
  }
}

// Before anything is loaded: Node.js would open its debugger to every local user, and with it the secret and all sessions.
process.on('SIGUSR1', () => undefined);

const { runProcess } = await load();
await runProcess(fileURLToPath(import.meta.url));
