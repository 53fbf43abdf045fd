import { chmod, lstat, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { requestRevive, ControlServer, type Revive } from '../../src/cli/up/control-socket.ts';
import { findMeshDirectories, MeshDirectory, type Look } from '../../src/cli/up/mesh-directory.ts';
import type { NodeReport } from '../../src/cli/up/node-report.ts';
import { systemClock } from '../../src/clock.ts';
import { CliError } from '../../src/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';

const NODE = {
  letter: 'b',
  pid: 1,
  http: 'http://h:1',
  memcached: 'h:3',
  mesh: 'h:2',
  store: { kind: 'memory', pid: null },
} as unknown as NodeReport;

let place: string;
const servers: ControlServer[] = [];

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(place, { recursive: true });
});

async function startMesh(name: string, revive: Revive, clock = systemClock): Promise<MeshDirectory> {
  const directory = new MeshDirectory(join(place, `maglia-up-${name}`));
  await mkdir(directory.path, { mode: 0o700 });
  servers.push(await ControlServer.open(directory.controlSocket, clock, revive));
  return directory;
}

/** Sends bytes and gives back what comes until the other side hangs up. */
function exchange(path: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(path, () => socket.write(bytes));
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}

describe('asking a running mesh to revive a node', () => {
  it('finds the only mesh that runs and gives back the node', async () => {
    const asked: string[] = [];
    await startMesh('x', (letter) => {
      asked.push(letter);
      return Promise.resolve(NODE);
    });
    expect(await requestRevive(place, 'b', systemClock)).toEqual({ kind: 'ready', node: NODE });
    expect(asked).toEqual(['b']);
  });

  it("takes a mesh's own directory as well", async () => {
    const { path } = await startMesh('x', () => Promise.resolve(NODE));
    expect(await requestRevive(path, 'b', systemClock)).toEqual({ kind: 'ready', node: NODE });
  });

  it('gives back why the mesh refuses, with its exit status', async () => {
    await startMesh('x', () => Promise.reject(new CliError('node b is running', EXIT.no)));
    expect(await requestRevive(place, 'b', systemClock)).toEqual({
      kind: 'failed',
      message: 'node b is running',
      exitCode: EXIT.no,
    });
  });

  it('says so where none runs, also where one left its socket behind', async () => {
    const none = { exitCode: EXIT.unreachable, message: expect.stringContaining('maglia up') as unknown };
    await expect(requestRevive(place, 'b', systemClock)).rejects.toMatchObject(none);
    await mkdir(join(place, 'maglia-up-dead'));
    await expect(requestRevive(place, 'b', systemClock)).rejects.toMatchObject(none);
  });

  it('lists the meshes where several run', async () => {
    const meshes = [
      await startMesh('x', () => Promise.resolve(NODE)),
      await startMesh('y', () => Promise.resolve(NODE)),
    ];
    const error = await requestRevive(place, 'b', systemClock).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ exitCode: EXIT.usage });
    for (const { path } of meshes) expect(String(error)).toContain(`--directory ${path}`);
  });
});

describe('a mesh that is not ours', () => {
  /** Everything as it is, but one file is somebody else's. */
  function ownedByStranger(path: string): Look {
    return async (each) => {
      const stats = await lstat(each).catch(() => undefined);
      return stats && each === path ? Object.assign(stats, { uid: stats.uid + 1 }) : stats;
    };
  }

  it.each(['directory', 'socket'])("is not found where its %s is a stranger's", async (what) => {
    const { path, controlSocket } = await startMesh('x', () => Promise.resolve(NODE));
    const look = ownedByStranger(what === 'socket' ? controlSocket : path);
    expect(await findMeshDirectories(place)).toHaveLength(1);
    expect(await findMeshDirectories(place, look)).toEqual([]);
    await expect(findMeshDirectories(path, look)).rejects.toThrow('is no mesh of yours');
  });

  it('is passed over in the temporary directory itself, where one of ours runs below it', async () => {
    const ours = await startMesh('x', () => Promise.resolve(NODE));
    const stranger = await ControlServer.open(join(place, 'up.sock'), systemClock, () => Promise.resolve(NODE));
    servers.push(stranger);
    vi.stubEnv('TMPDIR', place);
    const found = await findMeshDirectories(undefined, ownedByStranger(join(place, 'up.sock')));
    expect(found).toEqual([ours]);
    vi.unstubAllEnvs();
  });

  it('is not found where others may write its directory, or its socket leads elsewhere', async () => {
    const { path, controlSocket } = await startMesh('x', () => Promise.resolve(NODE));
    await chmod(path, 0o777);
    await expect(requestRevive(path, 'b', systemClock)).rejects.toMatchObject({ exitCode: EXIT.usage });
    await chmod(path, 0o700);
    await mkdir(join(place, 'maglia-up-y'), { mode: 0o700 });
    await symlink(controlSocket, join(place, 'maglia-up-y', 'up.sock'));
    expect(await findMeshDirectories(place)).toHaveLength(1);
  });
});

describe('the control socket', () => {
  it.each(['nonsense\n', '{"revive":1}\n', 'x'.repeat(1000)])('hangs up on %j without an answer', async (bytes) => {
    const { controlSocket } = await startMesh('x', () => Promise.resolve(NODE));
    expect(await exchange(controlSocket, bytes)).toBe('');
  });

  it('hangs up on a caller that says nothing', async () => {
    const clock = new FakeClock();
    const { controlSocket } = await startMesh('x', () => Promise.resolve(NODE), clock);
    const silence = exchange(controlSocket, '');
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(2000);
    expect(await silence).toBe('');
  });

  it('hangs up on callers that still wait when it closes', async () => {
    const { controlSocket } = await startMesh('x', () => new Promise(() => undefined));
    const waiting = exchange(controlSocket, '{"revive":"b"}\n');
    await expect.poll(() => exchange(controlSocket, '?\n')).toBe('');
    await servers.pop()?.close();
    expect(await waiting).toBe('');
  });
});
