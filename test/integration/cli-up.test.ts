import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { NodeReport } from '../../src/cli/up/node-report.ts';
import { MAIN_FILE, runMaglia, startMesh, type RunningMesh } from '../support/maglia-command.ts';
import { isRunning } from '../support/process-life.ts';

/** Where the meshes of one test have their directories, so that what is left behind is seen. */
let place: string;
const meshes: RunningMesh[] = [];

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(async () => {
  for (const mesh of meshes.splice(0)) {
    mesh.signal('SIGTERM');
    await mesh.ended;
  }
  await rm(place, { recursive: true });
});

async function start(...args: string[]): Promise<RunningMesh> {
  const mesh = await startMesh(['--runtime-directory', place, ...args]);
  meshes.push(mesh);
  return mesh;
}

/** Says all this to a memcached door, and resolves to all that comes back. */
async function askMemcached(address: string, text: string): Promise<string> {
  const [host = '', port] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.end(text);
  return (await buffer(socket)).toString();
}

function pidsOf(nodes: readonly NodeReport[]): number[] {
  return nodes.flatMap(({ pid, store }) => (store.pid === null ? [pid] : [pid, store.pid]));
}

async function expectNothingLeft(nodes: readonly NodeReport[]): Promise<void> {
  expect(pidsOf(nodes).filter(isRunning)).toEqual([]);
  expect(await readdir(place)).toEqual([]);
}

/** The names in a process's environment. */
function environmentOf(pid: number): string[] {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return entries.filter((entry) => entry !== '').map((entry) => entry.slice(0, entry.indexOf('=')));
}

async function killNode(mesh: RunningMesh, letter: string): Promise<void> {
  process.kill(mesh.node(letter).pid, 'SIGKILL');
  await expect.poll(mesh.stderr).toContain(`node ${letter} (pid ${mesh.node(letter).pid}) died: killed by SIGKILL`);
}

async function revive(letter: string): Promise<NodeReport> {
  const { stdout, stderr, exitCode } = await runMaglia(['up', '--revive', letter, '--directory', place, '--json']);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return JSON.parse(stdout) as NodeReport;
}

describe('maglia up --json', () => {
  it('prints one line when all nodes are ready, and they are', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memory');
    expect(mesh.nodes.map(({ letter, store }) => ({ letter, store }))).toEqual([
      { letter: 'a', store: { kind: 'memory', pid: null } },
      { letter: 'b', store: { kind: 'memory', pid: null } },
    ]);
    for (const { pid, http, memcached, mesh: address } of mesh.nodes) {
      expect(isRunning(pid)).toBe(true);
      expect(http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(memcached).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(await askMemcached(memcached, 'flush_all\r\n')).toBe('CLIENT_ERROR flush_all not allowed\r\n');
      expect((await fetch(`${http}/readyz`)).status).toBe(200);
    }
    expect(mesh.stdout()).toMatch(/^[^\n]+\n$/);
  });

  it('tells its nodes, and they their Memcacheds, only what they need of the environment', async () => {
    vi.stubEnv('A_SECRET_OF_THE_SITE', 'hunter2');
    const { nodes } = await start('--nodes', '1', '--store', 'memcached');
    vi.unstubAllEnvs();
    const needed = ['PATH', 'LD_LIBRARY_PATH', 'NODE_OPTIONS', 'TMPDIR'];
    for (const pid of pidsOf(nodes)) {
      const names = environmentOf(pid).filter((name) => !name.startsWith('NODE_CHANNEL_'));
      expect(names).toContain('PATH');
      expect(names.filter((name) => !needed.includes(name))).toEqual([]);
    }
  });

  it('--allow-flush lets memcached clients drop everything', async () => {
    const { nodes } = await start('--nodes', '2', '--store', 'memory', '--allow-flush');
    const [a, b] = nodes.map(({ memcached }) => memcached);
    expect(await askMemcached(a ?? '', 'set a1 0 0 1\r\nx\r\nset b1 0 0 1\r\ny\r\n')).toBe('STORED\r\nSTORED\r\n');
    expect(await askMemcached(b ?? '', 'get a1 b1\r\nflush_all\r\nget a1 b1\r\n')).toBe(
      'VALUE a1 0 1\r\nx\r\nVALUE b1 0 1\r\ny\r\nEND\r\nOK\r\nEND\r\n',
    );
  });

  it('gives each node a Memcached of its own', async () => {
    const { nodes } = await start('--nodes', '2', '--store', 'memcached');
    expect(nodes.map(({ store }) => store.kind)).toEqual(['memcached', 'memcached']);
    const pids = pidsOf(nodes);
    expect(new Set(pids).size).toBe(4);
    expect(pids.every(isRunning)).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on %s stops everything and leaves nothing behind',
    async (signal) => {
      const mesh = await start('--nodes', '2', '--store', 'memcached');
      mesh.signal(signal);
      expect(await mesh.ended).toBe(EXIT.ok);
      await expectNothingLeft(mesh.nodes);
    },
  );

  it('while a node is frozen, leaves nothing behind either', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memory');
    process.kill(mesh.node('a').pid, 'SIGSTOP');
    mesh.signal('SIGINT');
    await mesh.ended;
    await expectNothingLeft(mesh.nodes);
  });

  it('when a node was killed, ends its Memcached too', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memcached');
    await killNode(mesh, 'b');
    expect(isRunning(mesh.node('b').store.pid ?? 0)).toBe(true);
    mesh.signal('SIGINT');
    await mesh.ended;
    await expectNothingLeft(mesh.nodes);
  });

  it('when it is killed itself, its nodes stop', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memcached');
    mesh.signal('SIGKILL');
    await expect.poll(() => pidsOf(mesh.nodes).filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });

  it('passes timings on to every node', async () => {
    await start('--nodes', '1', '--store', 'memory', '--set', 'timings.deadAfterMs=380');
    const [directory = ''] = await readdir(place);
    const { stdout } = await runMaglia([
      'check-config',
      '--config',
      join(place, directory, 'cluster.json'),
      '--letter',
      'a',
    ]);
    expect(stdout).toContain('this node');
  });

  it('tells every wrong setting before it starts anything', async () => {
    const args = [
      'up',
      '--store',
      'memory',
      '--runtime-directory',
      place,
      '--set',
      'timings.pingMs=0',
      '--set',
      'nope=1',
    ];
    const { exitCode, stderr } = await runMaglia(args);
    expect(exitCode).toBe(EXIT.config);
    expect(stderr).toContain('timings.pingMs');
    expect(stderr).toContain('nope');
    expect(await readdir(place)).toEqual([]);
  });

  it('says which port is in use', async () => {
    const { nodes } = await start('--nodes', '1', '--store', 'memory');
    const port = new URL(nodes[0]?.http ?? '').port;
    const { exitCode, stderr } = await runMaglia(['up', '--store', 'memory', '--base-port', port]);
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain(`port ${port} is in use`);
  });

  it('shows the log of a node that does not start, and cleans up', async () => {
    const args = ['--set', 'store.program=/bin/false', '--store', 'memcached', '--nodes', '1'];
    const { exitCode, stderr, stdout } = await runMaglia(['up', '--runtime-directory', place, ...args]);
    expect(exitCode).toBe(EXIT.unavailable);
    expect(stderr).toContain('node a did not start');
    expect(stderr).toContain('"msg":');
    expect(stdout).toBe('');
    expect(await readdir(place)).toEqual([]);
  });
});

describe('without memcached', () => {
  const nowhere = ['--set', 'store.program=/nowhere/memcached'];

  it('uses the embedded store and says so in one line', async () => {
    const mesh = await start('--nodes', '1', ...nowhere);
    expect(mesh.nodes[0]?.store).toEqual({ kind: 'memory', pid: null });
    expect(mesh.stderr()).toMatch(/^no \/nowhere\/memcached on this machine: using the embedded store[^\n]*\n$/);
  });

  it('refuses to start where memcached is demanded', async () => {
    const { exitCode, stderr } = await runMaglia(['up', '--store', 'memcached', ...nowhere]);
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain('install');
  });
});

describe('maglia up --revive', () => {
  it('brings a killed node back with its letter, its ports and its Memcached', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memcached');
    await killNode(mesh, 'b');
    const before = mesh.node('b');
    const after = await revive('b');
    expect({ ...after, pid: 0 }).toEqual({ ...before, pid: 0 });
    expect(after.pid).not.toBe(before.pid);
    expect((await fetch(`${after.http}/readyz`)).status).toBe(200);
  });

  it('also ends what it has brought back', async () => {
    const mesh = await start('--nodes', '2', '--store', 'memory');
    await killNode(mesh, 'b');
    const revived = await revive('b');
    mesh.signal('SIGINT');
    await mesh.ended;
    await expectNothingLeft([...mesh.nodes, revived]);
  });

  it('refuses a node that lives, and a letter that there is not', async () => {
    await start('--nodes', '1', '--store', 'memory');
    const living = await runMaglia(['up', '--revive', 'a', '--directory', place]);
    expect(living).toMatchObject({ exitCode: EXIT.no, stdout: '' });
    expect(living.stderr).toContain('node a is running');
    const unknown = await runMaglia(['up', '--revive', 'q', '--directory', place]);
    expect(unknown).toMatchObject({ exitCode: EXIT.usage, stdout: '' });
    expect(unknown.stderr).toContain('only a');
  });
});

describe('what maglia up prints for a person', () => {
  it('has curl lines that work as printed', async () => {
    const up = execa(process.execPath, [MAIN_FILE, 'up', '--runtime-directory', place], { reject: false });
    try {
      let printed = '';
      up.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      await expect.poll(() => printed, { timeout: 20_000 }).toContain('Ctrl-C stops everything.\n');
      const lines = printed.split('\n').filter((line) => line.includes('curl '));
      expect(lines).toHaveLength(3);

      const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', lines.join('\n')]);
      const [id = '', read = '', opened = ''] = stdout.split('\n');
      expect(id).toMatch(/^a[0-9a-z]{26}$/);
      expect(JSON.parse(read)).toMatchObject({ id, data: { cart: ['book'] } });
      expect(JSON.parse(opened)).toMatchObject({ id, state: 'found', owner: 'a', data: { cart: ['book'] } });
    } finally {
      up.kill('SIGINT');
      await up;
    }
    expect(await readdir(place)).toEqual([]);
  });

  it.skipIf(!existsSync('/usr/bin/script'))(
    'stops in order on a Ctrl-C in a terminal, which reaches its whole process group',
    async () => {
      // `script` gives it a terminal; what is typed there is what a person types.
      // exec, so that no shell in between dies of the same Ctrl-C.
      const command = `exec ${process.execPath} ${MAIN_FILE} up --nodes 1 --store memory --runtime-directory ${place}`;
      const terminal = execa('script', ['-qec', command, '/dev/null'], { reject: false });
      let shown = '';
      terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      await expect.poll(() => shown, { timeout: 20_000 }).toContain('Ctrl-C stops everything.');
      terminal.stdin.write('\u0003');
      expect((await terminal).exitCode).toBe(EXIT.ok);
      expect(await readdir(place)).toEqual([]);
    },
  );
});
