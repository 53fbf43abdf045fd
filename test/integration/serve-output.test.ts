import { execFileSync, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { isListening } from '../support/listening.ts';
import { MAIN_FILE } from '../support/maglia-command.ts';
import { until } from '../support/until.ts';

let place: string;
let running: ChildProcess[] = [];

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running = [];
  await rm(place, { recursive: true });
});

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with the exit status; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

/** A daemon alone in its map, whose log goes to this descriptor. */
async function serve(output: number | 'pipe', level = 'info'): Promise<Served> {
  const [http = 0, mesh = 0] = await freePorts(2);
  const flags = ['--map', `a=>127.0.0.1:${mesh}`, '--letter', 'a', '--store-kind', 'memory', '--log-level', level];
  const places = ['--doors-http', `127.0.0.1:${http}`, '--runtime-directory', join(place, 'run')];
  const stdio: StdioOptions = ['ignore', output, 'pipe'];
  const child = spawn(process.execPath, [MAIN_FILE, 'serve', ...flags, ...places, '--mesh-plain', 'true'], { stdio });
  running.push(child);
  let errors = '';
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  const url = `http://127.0.0.1:${http}`;
  await until(`ready: ${errors}`, async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok);
  return { url, child, ended, errors: () => errors };
}

async function askInVain({ url }: Served, times: number): Promise<void> {
  for (let at = 0; at < times; at += 1) {
    const response = await fetch(`${url}/v1/sessions/a${String(at).padStart(26, '0')}`);
    expect(response.status).toBe(404);
  }
}

async function linesDropped({ url }: Served): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^maglia_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

describe('a daemon whose log cannot be written', () => {
  test('because the disk is full: serves, counts the lines, and ends in good order', async () => {
    const full = openSync('/dev/full', 'w');
    const there = await serve(full);
    closeSync(full);
    await askInVain(there, 20);
    expect(await linesDropped(there)).toBeGreaterThan(5);
    there.child.kill('SIGTERM');
    expect([await there.ended, there.errors()]).toEqual([0, '']);
  });

  test('because nobody reads it: serves, holds only so much, and SIGTERM ends it all the same', async () => {
    const fifo = join(place, 'log');
    execFileSync('mkfifo', [fifo]);
    // Open at both ends, so that neither waits for the other; read by nobody.
    const stuck = openSync(fifo, constants.O_RDWR);
    const there = await serve(stuck, 'trace');
    // Malformed ids are debug lines of fastify each, until the pipe and the megabyte behind it are full.
    for (let round = 0; (await linesDropped(there)) === 0 && round < 200; round += 1) await askInVain(there, 100);
    expect(await linesDropped(there)).toBeGreaterThan(0);
    const askedAt = performance.now();
    there.child.kill('SIGTERM');
    expect(await there.ended).toBe(0);
    closeSync(stuck);
    expect(performance.now() - askedAt).toBeLessThan(5000);
  });
});

describe('a flood of ids that nobody minted', () => {
  test('leaves ten lines in the log, and all of them in the metrics', async () => {
    const file = join(place, 'log');
    await writeFile(file, '');
    const log = openSync(file, 'a');
    const there = await serve(log);
    closeSync(log);
    await askInVain(there, 300);
    const gone = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('session is gone'));
    expect(gone).toHaveLength(10);
    expect(await (await fetch(`${there.url}/metrics`)).text()).toContain(
      'maglia_session_resets_total{reason="unknown"} 300',
    );
  });
});

describe('a daemon', () => {
  test('that runs as root says once that it should have a user of its own; no other says so', async () => {
    const file = join(place, 'log');
    const log = openSync(file, 'a');
    await serve(log);
    closeSync(log);
    const told = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('a user of its own'));
    expect(told).toHaveLength(process.getuid?.() === 0 ? 1 : 0);
  });
});

describe('a signal', () => {
  test('SIGUSR1 opens nothing: Node.js would let every local user debug the daemon', async () => {
    const there = await serve('pipe');
    there.child.kill('SIGUSR1');
    // What came before it is handled before what comes after it.
    there.child.kill('SIGHUP');
    await until('a line about SIGHUP', () => heard(there, 'SIGHUP'));
    expect(await isListening({ host: '127.0.0.1', port: 9229 })).toBe(false);
    expect(there.errors()).toBe('');
  });

  test('SIGHUP ends nothing, and the log says that nothing was read again', async () => {
    const there = await serve('pipe');
    const minted = await fetch(`${there.url}/v1/sessions`, { method: 'POST' });
    const { id } = (await minted.json()) as { id: string };
    there.child.kill('SIGHUP');
    await until('a line about SIGHUP', () => heard(there, 'SIGHUP is not obeyed'));
    expect((await fetch(`${there.url}/v1/sessions/${id}`)).status).toBe(200);
  });
});

function heard({ child }: Served, text: string): boolean {
  const chunk = child.stdout?.read() as Buffer | null | undefined;
  return chunk?.toString().includes(text) === true;
}
