import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { readProcess } from '../../src/store/process-identity.ts';
import { freePorts } from '../support/free-ports.ts';
import { runMaglia, type CommandOutcome } from '../support/maglia-command.ts';

let place: string;
let runtimeDirectory: string;
let occupant: Server;
let takenPort: number;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-failed-'));
  runtimeDirectory = join(place, 'run');
  occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  takenPort = (occupant.address() as AddressInfo).port;
});

afterEach(async () => {
  occupant.close();
  await rm(place, { recursive: true });
});

interface Ports {
  readonly http?: number;
  readonly mesh?: number;
  readonly memcached?: number;
}

/** A start that is to fail. */
async function serve(ports: Ports, ...flags: string[]): Promise<CommandOutcome> {
  const [http, mesh, memcached] = await freePorts(3);
  return runMaglia([
    ...['serve', '--letter', 'a', '--map', `a=>127.0.0.1:${ports.mesh ?? mesh}`, '--mesh-plain', 'true'],
    ...['--doors-http', `127.0.0.1:${ports.http ?? http}`, '--runtime-directory', runtimeDirectory],
    ...['--doors-memcached', `127.0.0.1:${ports.memcached ?? memcached}`],
    ...flags,
  ]);
}

/** Every process whose command line names this runtime directory. */
async function leftProcesses(): Promise<readonly (readonly string[])[]> {
  const lines = (await readdir('/proc')).map((entry) => readProcess(Number(entry))?.commandLine ?? []);
  return lines.filter((line) => line.some((word) => word.startsWith(runtimeDirectory)));
}

describe('a start that cannot be now', () => {
  test.each<[string, () => Ports]>([
    ['mesh port', () => ({ mesh: takenPort })],
    ['HTTP port', () => ({ http: takenPort })],
    ['port of the memcached door', () => ({ memcached: takenPort })],
  ])('because the %s is taken, ends with 75, says so once, and leaves no process and no file', async (_, ports) => {
    const { exitCode, stderr, stdout } = await serve(ports());
    expect(exitCode).toBe(EXIT.cannotStart);
    expect(stderr).toContain(String(takenPort));
    expect(stderr).toContain('EADDRINUSE');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).not.toContain('EADDRINUSE');
    expect(await leftProcesses()).toEqual([]);
    expect((await readdir(runtimeDirectory)).filter((name) => name.startsWith('memcached'))).toEqual([]);
  });

  test('because there is no memcached, ends with 75 and says so once', async () => {
    const { exitCode, stderr, stdout } = await serve({}, '--store-program', '/nowhere/memcached');
    expect(exitCode).toBe(EXIT.cannotStart);
    expect(stderr).toContain('install it');
    expect(stderr + stdout).not.toContain('    at ');
  });

  test('because its runtime directory cannot be made, ends with 75 and tells the cause', async () => {
    writeFileSync(join(place, 'file'), '');
    runtimeDirectory = join(place, 'file', 'run');
    const { exitCode, stderr } = await serve({});
    expect(exitCode).toBe(EXIT.cannotStart);
    expect(stderr).toContain('ENOTDIR');
  });
});

describe('a runtime directory that others can write to', () => {
  test.each([['memory'], ['memcached']])(
    'is refused with the %s store, and no link in it is followed',
    async (kind) => {
      await mkdir(runtimeDirectory);
      await chmod(runtimeDirectory, 0o777);
      const victim = join(place, 'victim');
      writeFileSync(victim, 'mine');
      for (const name of ['lives.json', 'lives.json.new']) symlinkSync(victim, join(runtimeDirectory, name));
      const { exitCode, stderr } = await serve({}, '--store-kind', kind);
      expect(exitCode).toBe(EXIT.cannotStart);
      expect(stderr).toContain(`chmod 700 ${runtimeDirectory}`);
      expect(readFileSync(victim, 'utf8')).toBe('mine');
    },
  );
});

describe('a runtime directory on a full disk', () => {
  test('is named by the start that fails for it, with what to do, and no Memcached is left', async () => {
    await mkdir(runtimeDirectory, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', runtimeDirectory]);
    execFileSync('bash', ['-c', 'cat /dev/zero > "$0" || true', join(runtimeDirectory, 'filling')], {
      stdio: 'ignore',
    });
    const { exitCode, stderr } = await serve({}).finally(() => execFileSync('umount', [runtimeDirectory]));
    expect(exitCode).toBe(EXIT.cannotStart);
    expect(stderr).toContain('ENOSPC');
    expect(stderr).toContain(`make room in ${runtimeDirectory}, or set another runtimeDirectory`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await leftProcesses()).toEqual([]);
  });
});
