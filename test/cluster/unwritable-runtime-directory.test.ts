import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { CALM, prepareCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { until } from '../support/until.ts';

/** An ext4 that holds a few small files; less than that it cannot be. */
const DISK_BYTES = 4 * 1024 * 1024;

let cluster: Cluster | undefined;
let mountedAt: string | undefined;
let thaw: () => void = () => undefined;

afterEach(async () => {
  thaw();
  // The file by which a Memcached is found lies on that disk.
  for (const node of cluster?.nodes ?? []) await node.destroy();
  if (mountedAt !== undefined) execFileSync('umount', [mountedAt]);
  mountedAt = undefined;
  await cluster?.close();
  cluster = undefined;
});

interface Scene {
  readonly mesh: Cluster;
  readonly a: ClusterNode;
  readonly b: ClusterNode;
  readonly c: ClusterNode;
  /** Where c has its runtime directory: a disk of its own, mounted as root. */
  readonly mounted: string;
}

/** Three nodes; the runtime directory of c is mounted by `mount`. */
async function setUp(mount: (at: string) => void, store: 'memcached' | 'memory' = 'memcached'): Promise<Scene> {
  const mesh = await prepareCluster({ config: CALM, store });
  cluster = mesh;
  const [a, b, c] = [mesh.node('a'), mesh.node('b'), mesh.node('c')];
  const mounted = join(c.directory, 'run');
  mkdirSync(mounted, { mode: 0o700 });
  mount(mounted);
  mountedAt = mounted;
  await Promise.all(mesh.nodes.map((node) => node.start()));
  await mesh.settled();
  return { mesh, a, b, c, mounted };
}

function mountTmpfs(at: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', at]);
}

/** What can be frozen has to be a disk. */
function mountDisk(at: string): void {
  const image = `${at}.image`;
  writeFileSync(image, '');
  truncateSync(image, DISK_BYTES);
  execFileSync('mkfs.ext4', ['-q', image]);
  execFileSync('mount', ['-o', 'loop', image, at]);
  execFileSync('chmod', ['700', at]);
}

/** Fills the disk to its last byte. */
function fill(directory: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(join(directory, 'filling'), Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
}

/** Kills b, waits until c has had to record that, and starts b again. */
async function killAndReturn({ b, c }: Scene): Promise<void> {
  await b.end('SIGKILL');
  await until('c considers b dead', async () => {
    const { peers } = await c.view();
    return peers.some(({ letter, state }) => letter === 'b' && state === 'dead');
  });
  await b.start();
}

async function expectNotReady({ c }: Scene, why: RegExp): Promise<void> {
  const { status, body } = await c.client.call('GET', '/readyz');
  expect(status).toBe(503);
  expect(JSON.stringify(body)).toMatch(why);
  expect(await (await fetch(`${c.http}/metrics`)).text()).toMatch(/^maglia_memory_lost 1$/m);
  const lines = c.log().split('\n');
  expect(lines.filter((line) => why.test(`memory lost: ${line}`) && line.includes('would forget'))).toHaveLength(1);
}

describe('O1: a runtime directory that cannot be written makes that node not ready, never a peer', () => {
  test('full: a peer that was killed comes back, with its sessions', async () => {
    const scene = await setUp(mountTmpfs);
    const { a, b, c, mesh, mounted } = scene;
    const { id } = await b.client.mint({ n: 1 });
    // The room of the former file goes to something else, too.
    rmSync(join(mounted, 'lives.json'));
    fill(mounted);

    await killAndReturn(scene);
    for (const node of [a, b, c]) expect((await node.client.get(id)).body).toMatchObject({ data: { n: 1 } });
    expect(await a.isReady()).toBe(true);
    await expectNotReady(scene, /memory lost: .*lives\.json cannot be written \(ENOSPC\)/);
    // What says less than was decided must not be read by the next daemon.
    expect(existsSync(join(mounted, 'lives.json'))).toBe(false);

    rmSync(join(mounted, 'filling'));
    await c.ready();
    await mesh.settled();
    expect(existsSync(join(mounted, 'lives.json'))).toBe(true);
  });

  test('read-only: the same', async () => {
    const scene = await setUp(mountTmpfs);
    const { a, b, c, mounted } = scene;
    const { id } = await b.client.mint({ n: 1 });
    execFileSync('mount', ['-o', 'remount,ro', mounted]);

    await killAndReturn(scene);
    for (const node of [a, b, c]) expect((await node.client.get(id)).body).toMatchObject({ data: { n: 1 } });
    await expectNotReady(scene, /memory lost: .*lives\.json cannot be written \(EROFS\)/);

    execFileSync('mount', ['-o', 'remount,rw', mounted]);
    await c.ready();
  });

  test('hanging: the same, and no request of anybody waits for that disk', async () => {
    const scene = await setUp(mountDisk);
    const { a, b, c, mounted } = scene;
    const { id } = await b.client.mint({ n: 1 });
    execFileSync('fsfreeze', ['--freeze', mounted]);
    let isFrozen = true;
    thaw = () => {
      if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', mounted]);
      isFrozen = false;
    };

    await killAndReturn(scene);
    for (const node of [a, b, c]) expect((await node.client.get(id)).body).toMatchObject({ data: { n: 1 } });
    await expectNotReady(scene, /memory lost: .*lives\.json has not been written for 300 ms/);

    thaw();
    await c.ready();
  });

  test.each([
    ['that has its sessions in its own memory: it runs, and does not serve', 'memory'],
    ['with a Memcached, of which it could not write down where it is: it ends with 75', 'memcached'],
  ] as const)('full while a daemon starts %s; its stand-in goes on until there is room', async (_, store) => {
    const { a, c, mounted } = await setUp(mountTmpfs, store);
    const { id } = await c.client.mint({ n: 1 });
    await c.end('SIGKILL');
    rmSync(join(mounted, 'lives.json'));
    fill(mounted);
    c.spawn();
    if (store === 'memcached') {
      expect(await c.ended()).toBe(75);
      expect(c.log()).toMatch(/maglia: .*memcached.json cannot be written \(ENOSPC.*make room/);
    } else {
      await c.up();
      await until('c says why it does not serve', async () => {
        const { body } = await c.client.call('GET', '/readyz');
        return JSON.stringify(body).includes('memory lost: ');
      });
    }
    expect((await a.client.get(id)).status).toBe(404);
    expect(await a.isReady()).toBe(true);

    rmSync(join(mounted, 'filling'));
    if (store === 'memcached') await c.start();
    else await c.ready();
  });
});
