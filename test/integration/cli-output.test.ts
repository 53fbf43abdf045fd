import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { MAIN_FILE } from '../support/maglia-command.ts';
import { isRunning } from '../support/process-life.ts';
import { until } from '../support/until.ts';

const ID = `a${'0'.repeat(26)}`;
const LOST = /^maglia: some of the output is lost: it cannot be written \(ENOSPC\)\n$/;

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(() => rm(place, { recursive: true }));

/** Where every byte is one too many. */
function full(): number {
  const fd = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** A pipe with no room left in it, which nobody reads. */
function stuck(): number {
  const path = join(place, 'fifo');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch {
    return fd;
  }
}

function maglia(args: readonly string[], output: number | 'pipe', errors: number | 'pipe' = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, [MAIN_FILE, ...args], { stdio: ['ignore', output, errors] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function endOf(child: ChildProcess): Promise<{ status: number | null; errors: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, errors };
}

/** Answers everything with this, as a daemon would. */
async function answering(status: number, body: string): Promise<string[]> {
  const server = createServer((_request, response) => void response.writeHead(status).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
}

describe('a command whose output is on a full disk', () => {
  test.each([
    ['help', ['help'], 200],
    ['check-config', ['check-config', '--map', 'a=127.0.0.1:1', '--letter', 'a'], 200],
    ['mint', ['mint'], 201],
    ['get', ['get', ID], 200],
    ['status', ['status', '--json'], 200],
  ])('says so in one sentence, and by its exit status: %s', async (name, args, status) => {
    const isAsking = !['help', 'check-config'].includes(name);
    const url = isAsking
      ? await answering(status, '{"id":"x","peers":[],"tenure":{"state":"serving"},"store":{"state":"up"}}')
      : [];
    const { status: exitCode, errors } = await endOf(maglia([...args, ...url], full()));
    expect(errors).toMatch(LOST);
    expect(exitCode).toBe(EXIT.unwritten);
  });

  test('where even that cannot be said, has its exit status', async () => {
    expect((await endOf(maglia(['help'], full(), full()))).status).toBe(EXIT.unwritten);
  });

  test('and that fails has the exit status of its failure', async () => {
    const url = await answering(404, '{"code":"SESSION_MISS","message":"gone"}');
    const { status } = await endOf(maglia(['get', ID, '--json', ...url], full()));
    expect(status).toBe(EXIT.no);
  });

  test('of its errors alone, is none the worse', async () => {
    const url = await answering(404, '{"code":"SESSION_MISS","message":"gone"}');
    expect((await endOf(maglia(['get', ID, ...url], 'pipe', full()))).status).toBe(EXIT.no);
  });
});

test('a command whose reader has gone ends without a word', async () => {
  const url = await answering(200, 'x'.repeat(4 * 1024 * 1024));
  const child = maglia(['get', ID, ...url], 'pipe');
  child.stdout?.once('data', () => void child.stdout?.destroy());
  expect(await endOf(child)).toEqual({ status: EXIT.ok, errors: '' });
});

test('a command that prints more than a pipe holds is read to the end', async () => {
  const bytes = 4 * 1024 * 1024;
  const url = await answering(200, 'x'.repeat(bytes));
  const child = maglia(['get', ID, ...url], 'pipe');
  const end = endOf(child);
  let read = 0;
  child.stdout?.on('data', (chunk: Buffer) => (read += chunk.length));
  expect(await end).toEqual({ status: EXIT.ok, errors: '' });
  expect(read).toBe(bytes);
});

describe('`maglia up`', () => {
  function childrenOf(pid: number | undefined): number[] {
    const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number);
  }

  test.each([
    ['on a full disk', full],
    ['of which nobody reads', stuck],
  ])('with its output %s, goes on, also when a node dies, and ends in good order', async (_, open) => {
    const output = open();
    const up = maglia(['up', '--nodes', '2', '--store', 'memory', '--runtime-directory', place], output, output);
    const end = endOf(up);
    await until('the mesh is up', async () => {
      const found = (await readdir(place, { recursive: true })).filter((name) => name.endsWith('up.sock'));
      return found.length === 1;
    });
    const [first = 0, second = 0] = childrenOf(up.pid);
    process.kill(first, 'SIGKILL');
    await until('the node is gone', () => !childrenOf(up.pid).includes(first));
    expect(isRunning(second)).toBe(true);
    up.kill('SIGTERM');
    expect((await end).status).toBe(EXIT.ok);
    expect([first, second].filter(isRunning)).toEqual([]);
    expect((await readdir(place)).filter((name) => name !== 'fifo')).toEqual([]);
  });
});
