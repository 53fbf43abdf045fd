import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { MAIN_FILE } from '../support/maglia-command.ts';

interface Ended {
  readonly status: unknown;
  readonly errors: string;
}

/** What a command comes to in a shell that lets it open this many files. */
function maglia(openFiles: number, args: string): Promise<Ended> {
  const script = `ulimit -n ${openFiles} && exec "$0" "$1" ${args}`;
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script, process.execPath, MAIN_FILE], (_error, _output, errors) =>
      resolve({ status: child.exitCode, errors }),
    );
  });
}

/** With 18 Node.js itself cannot load any file; with 36 it can load the whole program. */
test.each([19, 24, 28, 32])(
  'S6: with %i files to open, whatever maglia is asked for ends in one sentence that says what to do',
  async (openFiles) => {
    const asked = ['--version', '--help', 'status', 'serve --config cluster.example.json'];
    for (const { status, errors } of await Promise.all(asked.map((args) => maglia(openFiles, args)))) {
      expect(status).toBe(EXIT.cannotStart);
      expect(errors).toMatch(/^maglia: this process may open too few files .*ulimit -n.*\n$/);
    }
  },
);

test('with 64 files to open, the commands do their work, and a daemon says how many it needs', async () => {
  expect(await maglia(64, '--version')).toEqual({ status: EXIT.ok, errors: '' });
  const { status, errors } = await maglia(64, 'serve --config cluster.example.json');
  expect(status).toBe(EXIT.cannotStart);
  expect(errors).toMatch(/^maglia: this process may open 64 files, and a daemon needs 96 at least: .*\n$/);
});
