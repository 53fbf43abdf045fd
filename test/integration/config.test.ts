import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { machineSources } from '../../src/config/process-environment.ts';
import type { FlagValues } from '../../src/config/sources.ts';
import { ConfigError } from '../../src/errors.ts';

/** Of a block that is reserved and that no interface has; the documentation blocks are in use on some test machines. */
const ELSEWHERE = '240.0.0.1';

const SECRET = 'correct-horse-battery-staple';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maglia-config-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function load(flags: FlagValues, env: Record<string, string> = {}): Promise<Config> {
  return loadConfig(machineSources(flags, env));
}

async function faultsOf(flags: FlagValues): Promise<string[]> {
  try {
    await load(flags);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, found }) => `${path}: ${found}`);
    throw error;
  }
  return [];
}

/** A configuration file of two nodes with its secret beside it, as a host would have them. */
async function writeCluster(secret = `${SECRET}\n`, mode = 0o600): Promise<string> {
  const file = join(folder, 'cluster.json');
  await writeFile(file, JSON.stringify({ letters: { a: '127.0.0.1', b: ELSEWHERE }, secretFile: 'secret' }));
  await writeFile(join(folder, 'secret'), secret);
  await chmod(join(folder, 'secret'), mode);
  return file;
}

describe('a configuration from a real machine', () => {
  test('file, secret beside it, and the own letter by loopback', async () => {
    const config = await load({ config: await writeCluster() });
    expect(config.letter).toBe('a');
    expect(config.mesh.security).toEqual({ kind: 'psk', secret: Buffer.from(SECRET) });
  });

  test('the file is found by its variable as well', async () => {
    const config = await load({}, { MAGLIA_CONFIG: await writeCluster(), MAGLIA_LETTER: 'b' });
    expect(config.letter).toBe('b');
  });

  test('the own letter is found by resolving localhost, and by each address of each interface', async () => {
    const list = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const hosts = list.map(({ address }) => (address.includes(':') ? `[${address}]` : address));
    await writeCluster();
    for (const host of ['localhost', ...hosts]) {
      const { letter } = await load({ map: `x=>${ELSEWHERE},y=>${host}`, secretFile: join(folder, 'secret') });
      expect(letter).toBe('y');
    }
  });

  test('a name that no server knows is told with the missing letter', async () => {
    await writeCluster();
    const faults = await faultsOf({
      map: `a=>${ELSEWHERE},b=>no-such-host.invalid`,
      secretFile: join(folder, 'secret'),
    });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^letter: no own letter: .*; not resolved: no-such-host\.invalid$/);
  });

  test('a secret that everybody may read is refused; one for owner and group is not', async () => {
    expect(await faultsOf({ config: await writeCluster(SECRET, 0o644) })).toEqual([
      'secretFile: a file that everybody may read (mode 0644)',
    ]);
    expect(await faultsOf({ config: await writeCluster(SECRET, 0o640) })).toEqual([]);
  });

  test('a secret behind a link is judged by the file that the link leads to', async () => {
    const config = await writeCluster(SECRET, 0o644);
    await symlink(join(folder, 'secret'), join(folder, 'link'));
    expect(await faultsOf({ config, secretFile: join(folder, 'link') })).toContain(
      'secretFile: a file that everybody may read (mode 0644)',
    );
  });

  test('what is no regular file is refused at once, and nobody waits for it', async () => {
    const config = await writeCluster();
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await faultsOf({ config, secretFile: join(folder, 'pipe') })).toEqual(['secretFile: not a regular file']);
    expect(await faultsOf({ config, secretFile: join(folder, 'folder') })).toEqual(['secretFile: not a regular file']);
    expect(await faultsOf({ config, secretFile: '/dev/zero' })).toEqual(['secretFile: not a regular file']);
    const server = await listen(join(folder, 'socket'));
    try {
      expect(await faultsOf({ config, secretFile: join(folder, 'socket') })).toEqual([
        'secretFile: a file that cannot be read (ENXIO)',
      ]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a file of more than a megabyte is not read', async () => {
    const config = await writeCluster('x'.repeat(1_048_577));
    expect(await faultsOf({ config })).toEqual(['secretFile: a file of 1048577 bytes']);
  });

  test('a file that is not there is told by its whole path', async () => {
    const file = join(folder, 'gone.json');
    expect(await faultsOf({ config: file })).toEqual([`--config: no such file (ENOENT): ${file}`]);
    expect(await faultsOf({ config: join(file, 'below') })).toEqual([
      `--config: no such file (ENOENT): ${join(file, 'below')}`,
    ]);
  });

  test('two nodes that are alone draw two secrets', async () => {
    const [one, two] = await Promise.all([load({ map: 'a=>127.0.0.1' }), load({ map: 'a=>127.0.0.1' })]);
    expect(one.mesh.security).toMatchObject({ kind: 'psk' });
    expect(one.mesh.security).not.toEqual(two.mesh.security);
  });
});

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}
