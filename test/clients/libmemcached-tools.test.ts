import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostAndPort } from '../support/listening.ts';
import { IS_MESH, openDoors, type Doors } from './doors.ts';

const PROTOCOLS = [
  { protocol: 'text', flags: [] },
  { protocol: 'binary', flags: ['--binary'] },
];

/** How many tests each half of memccapable has (libmemcached 1.1). */
const CAPABLE = [
  { protocol: 'text', flag: '-a', passes: 27 },
  { protocol: 'binary', flag: '-b', passes: 27 },
];

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(tool: string, ...args: readonly string[]): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(`/usr/bin/${tool}`, args, { reject: false, timeout: 50_000 });
  return { exitCode, stdout, stderr };
}

describe.each([
  { nodes: 'one node', letters: ['a'] },
  { nodes: 'three nodes', letters: ['a', 'b', 'c'] },
])('libmemcached-tools, $nodes', ({ letters }) => {
  let doors: Doors;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maglia-tools-'));
    doors = await openDoors({ letters, doors: { allowFlush: true } });
    return async () => {
      await doors.close();
      rmSync(folder, { recursive: true });
    };
  });

  /** The door of one node; the last one where there are fewer. */
  const door = (at: number): string => doors.addresses[Math.min(at, doors.addresses.length - 1)] ?? '';

  test.each(CAPABLE)('memccapable passes every test of the $protocol protocol', async ({ flag, passes }) => {
    const { host, port } = hostAndPort(door(1));
    const { exitCode, stdout, stderr } = await run('memccapable', '-h', host, '-p', String(port), flag);
    const lines = (stdout + stderr).split('\n');
    expect(lines.filter((line) => line.includes('[FAIL]'))).toEqual([]);
    expect(lines.filter((line) => line.includes('[pass]'))).toHaveLength(passes);
    expect(exitCode).toBe(0);
  });

  test.each(PROTOCOLS)(
    'a file copied in comes out of another node as it was, $protocol',
    async ({ protocol, flags }) => {
      const name = `file-${protocol}.txt`;
      const file = join(folder, name);
      const text = randomBytes(200_000).toString('hex');
      writeFileSync(file, text);
      expect(await run('memccp', `--servers=${door(0)}`, ...flags, file)).toMatchObject({ exitCode: 0 });
      expect((await run('memccat', `--servers=${door(1)}`, ...flags, name)).stdout.trim()).toBe(text);
      expect(await run('memcexist', `--servers=${door(2)}`, ...flags, name)).toMatchObject({ exitCode: 0 });
      expect(await run('memctouch', `--servers=${door(2)}`, ...flags, '--expire=100', name)).toMatchObject({
        exitCode: 0,
      });
      expect(await run('memcrm', `--servers=${door(1)}`, ...flags, name)).toMatchObject({ exitCode: 0 });
      expect(await run('memcexist', `--servers=${door(0)}`, ...flags, name)).toMatchObject({ exitCode: 1 });
    },
  );

  test('memcping gets an answer', async () => {
    expect(await run('memcping', `--servers=${door(0)}`)).toMatchObject({ exitCode: 0 });
  });

  test.each(PROTOCOLS)('memcstat finds the figures of a memcached, $protocol', async ({ flags }) => {
    const { exitCode, stdout } = await run('memcstat', `--servers=${door(0)}`, ...flags);
    expect(exitCode).toBe(0);
    const plotted = ['curr_items', 'bytes', 'limit_maxbytes', 'evictions'];
    for (const name of ['pid', 'uptime', 'version', 'curr_connections', 'cmd_get', ...plotted])
      expect(stdout).toContain(`${name}:`);
  });

  test.each(PROTOCOLS)('memcslap sets, gets and gets many, $protocol', async ({ flags }) => {
    for (const kind of ['set', 'get', 'mget']) {
      const slap = [`--servers=${door(1)}`, ...flags, '--concurrency=2', '--execute-number=100', `--test=${kind}`];
      const { exitCode, stdout, stderr } = await run('memcslap', ...slap);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toMatch(new RegExp(`Time to ${kind} +200 keys by +2 threads`));
      expect(stderr).toBe('');
    }
  });

  test.each(PROTOCOLS)('memcaslap finds every value that it checks, $protocol', async ({ flags }) => {
    const slap = [`--servers=${door(2)}`, ...flags, '--threads=1', '--concurrency=4', '--execute_number=500'];
    const { exitCode, stdout, stderr } = await run('memcaslap', ...slap, '--verify=1.0');
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/get_misses: 0\n/);
    expect(stdout).toMatch(/verify_misses: 0\n/);
    expect(stdout).toMatch(/verify_failed: 0\n/);
  });

  test('memcflush empties every node, where that is allowed', async () => {
    const file = join(folder, 'flushed');
    writeFileSync(file, 'text');
    await run('memccp', `--servers=${door(0)}`, file);
    expect(await run('memcflush', `--servers=${door(1)}`)).toMatchObject({ exitCode: 0 });
    expect(await run('memcexist', `--servers=${door(2)}`, 'flushed')).toMatchObject({ exitCode: 1 });
  });
});

describe('libmemcached-tools, a door as it is by default', () => {
  let doors: Doors;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maglia-tools-'));
    doors = await openDoors({ letters: ['a'] });
    return async () => {
      await doors.close();
      rmSync(folder, { recursive: true });
    };
  });

  test.runIf(IS_MESH).each(PROTOCOLS)(
    'memcflush is refused, and nothing is lost, $protocol',
    async ({ protocol, flags }) => {
      const door = doors.addresses[0] ?? '';
      const file = join(folder, 'kept');
      writeFileSync(file, 'text');
      await run('memccp', `--servers=${door}`, file);
      const { exitCode } = await run('memcflush', `--servers=${door}`, ...flags);
      // In the binary protocol libmemcached does not look at what a flush is answered.
      expect(exitCode).toBe(protocol === 'text' ? 1 : 0);
      expect(await run('memcexist', `--servers=${door}`, 'kept')).toMatchObject({ exitCode: 0 });
    },
  );
});
