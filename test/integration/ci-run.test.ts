import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const RUN = join(import.meta.dirname, '..', '..', '.ci', 'run');

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'maglia-ci-'));
  await mkdir(join(directory, '.ci'));
  await copyFile(RUN, join(directory, '.ci', 'run'));
});

afterEach(() => rm(directory, { recursive: true }));

/** What CI would see of a test command that is this shell script. */
async function runWith(
  command: string,
): Promise<{ readonly lastLine: string | undefined; readonly status: number | null }> {
  await writeFile(join(directory, 'npm'), `#!/bin/bash\n${command}\n`, { mode: 0o755 });
  const run = spawn('bash', [join(directory, '.ci', 'run')], {
    env: { ...process.env, PATH: `${directory}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(run.stdout), once(run, 'exit')]);
  return { lastLine: output.trimEnd().split('\n').at(-1), status: run.exitCode };
}

describe('CI sees in the last line, and in the exit status, how many tests', () => {
  test('have passed', async () => {
    expect(await runWith('echo "5 passed, 0 failed"')).toEqual({ lastLine: '5 passed, 0 failed', status: 0 });
  });

  test('have failed', async () => {
    expect(await runWith('echo "5 passed, 2 failed"; exit 1')).toEqual({ lastLine: '5 passed, 2 failed', status: 1 });
  });

  test('have failed, where they print bytes that are no text', async () => {
    const command = String.raw`printf 'a \0 and \xff\xfe\n'; echo "5 passed, 2 failed"; exit 1`;
    expect(await runWith(command)).toEqual({ lastLine: '5 passed, 2 failed', status: 1 });
  });

  test('have failed, one at least, where the command failed otherwise', async () => {
    expect(await runWith('echo "5 passed, 0 failed"; exit 3')).toEqual({ lastLine: '5 passed, 1 failed', status: 3 });
  });

  test('have failed, one at least, where nothing was counted', async () => {
    expect(await runWith('echo "cannot begin"')).toEqual({ lastLine: '0 passed, 1 failed', status: 1 });
  });
});
