import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeReport } from '../../src/cli/up/node-report.ts';
import { isRunning } from '../support/process-life.ts';

const ROOT = join(import.meta.dirname, '../..');

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(() => rm(place, { recursive: true }));

describe('npm start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('on %s to npm stops everything and leaves nothing behind', async (signal) => {
    const args = [
      'start',
      '--silent',
      '--',
      '--nodes',
      '1',
      '--store',
      'memory',
      '--json',
      '--runtime-directory',
      place,
    ];
    const npm = spawn('npm', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise((resolve) => npm.once('exit', resolve));
    let stdout = '';
    npm.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    await expect.poll(() => stdout, { timeout: 20_000 }).toContain('\n');
    const { nodes } = JSON.parse(stdout) as { nodes: NodeReport[] };

    npm.kill(signal);
    await ended;
    expect(nodes.map(({ pid }) => pid).filter(isRunning)).toEqual([]);
    expect(await readdir(place)).toEqual([]);
  });
});
