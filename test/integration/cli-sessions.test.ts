import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { runMaglia, startMesh, type CommandOutcome, type RunningMesh } from '../support/maglia-command.ts';

let mesh: RunningMesh;

beforeAll(async () => {
  mesh = await startMesh(['--nodes', '2', '--store', 'memory']);
});

afterAll(async () => {
  mesh.signal('SIGTERM');
  await mesh.ended;
});

function maglia(letter: string, args: readonly string[], input?: string): Promise<CommandOutcome> {
  return runMaglia(args, { env: { MAGLIA_URL: mesh.node(letter).http }, ...(input !== undefined && { input }) });
}

async function mint(data = '{"n":1}'): Promise<string> {
  const { stdout } = await maglia('a', ['mint', data]);
  return stdout;
}

async function readVersion(id: string): Promise<number> {
  const { stdout } = await maglia('a', ['get', id, '--json']);
  return (JSON.parse(stdout) as { version: number }).version;
}

describe('the commands for sessions', () => {
  it('mint prints an id of the node asked, and nothing else', async () => {
    expect(await maglia('b', ['mint'])).toEqual({
      exitCode: EXIT.ok,
      stdout: expect.stringMatching(/^b[0-9a-z]{26}$/) as unknown,
      stderr: '',
    });
  });

  it('get prints the data, through any node', async () => {
    const id = await mint('{"n":1}');
    expect(await maglia('b', ['get', id])).toEqual({ exitCode: EXIT.ok, stdout: '{"n":1}', stderr: '' });
  });

  it('get --json prints the whole answer on one line, however the data is laid out', async () => {
    const id = await mint();
    await maglia('a', ['put', id, '-'], '{\n  "big": 9007199254740993\n}\n');
    const { stdout } = await maglia('a', ['get', id, '--json']);
    expect(stdout).toMatch(/^[^\n]+$/);
    expect(stdout).toContain('9007199254740993');
    expect(JSON.parse(stdout)).toMatchObject({ id, owner: 'a' });
  });

  it('put replaces the data, from an argument or from standard input', async () => {
    const id = await mint();
    expect((await maglia('b', ['put', id, '[2]'])).stdout).toBe(`version ${await readVersion(id)}`);
    expect((await maglia('a', ['get', id])).stdout).toBe('[2]');
    expect((await maglia('b', ['put', id, '-'], '[3]')).stdout).toBe(`version ${await readVersion(id)}`);
    expect((await maglia('a', ['get', id])).stdout).toBe('[3]');
  });

  it('every command takes the id from standard input, where it shows in no list of processes', async () => {
    const id = await mint();
    expect((await maglia('b', ['get', '-'], `${id}\n`)).stdout).toBe('{"n":1}');
    expect((await maglia('b', ['open', '-'], id)).stdout).toContain('state: found');
    expect((await maglia('b', ['put', '-', '{"n":2}'], id)).stdout).toMatch(/^version /);
    expect((await maglia('b', ['patch', '-', '{"m":3}'], id)).stdout).toMatch(/^version /);
    expect((await maglia('b', ['touch', '-'], id)).stdout).toMatch(/ s$/);
    const next = (await maglia('b', ['rotate', '-'], id)).stdout;
    expect((await maglia('a', ['get', '-'], next)).stdout).toBe('{"n":2,"m":3}');
    expect((await maglia('b', ['destroy', '-'], next)).stdout).toBe('destroyed');
    expect((await maglia('b', ['get', '-'], next)).exitCode).toBe(EXIT.no);
    expect((await maglia('b', ['put', '-', '-'], next)).exitCode).toBe(EXIT.usage);
  });

  it('put keeps bytes of any type as they are', async () => {
    const id = await mint();
    await maglia('a', ['put', id, '-', '--content-type', 'text/plain', '--ttl', '60'], 'line 1\nline 2');
    expect((await maglia('b', ['get', id])).stdout).toBe('line 1\nline 2');
    expect(JSON.parse((await maglia('b', ['get', id, '--json'])).stdout)).toMatchObject({ contentType: 'text/plain' });
  });

  it('put --if-match does nothing to a newer version, and says so', async () => {
    const id = await mint();
    const version = String(await readVersion(id));
    expect((await maglia('a', ['put', id, '2', '--if-match', version])).exitCode).toBe(EXIT.ok);
    const { exitCode, stdout, stderr } = await maglia('a', ['put', id, '3', '--if-match', version]);
    expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.no, stdout: '' });
    expect(stderr).toContain('VERSION_CONFLICT');
    expect(stderr).toContain(`its version is ${await readVersion(id)}:`);
    expect((await maglia('a', ['get', id])).stdout).toBe('2');
  });

  it('patch merges keys', async () => {
    const id = await mint('{"a":1,"b":2}');
    expect((await maglia('b', ['patch', id, '{"b":null,"c":3}'])).stdout).toBe(`version ${await readVersion(id)}`);
    expect(JSON.parse((await maglia('a', ['get', id])).stdout)).toEqual({ a: 1, c: 3 });
  });

  it('open finds a session, and gives a fresh one with the reason for what is none', async () => {
    const id = await mint();
    expect((await maglia('b', ['open', id])).stdout).toMatch(
      new RegExp(`^id: ${id}\n[^]*state: found\n[^]*data: \\{"n":1\\}`),
    );
    const opened = JSON.parse((await maglia('b', ['open', 'garbage cookie', '--json'])).stdout) as object;
    expect(opened).toMatchObject({ state: 'regenerated', reason: 'malformed', owner: 'b' });
  });

  it('touch prints the life of the session', async () => {
    expect((await maglia('b', ['touch', await mint(), '--ttl', '77'])).stdout).toBe('77 s');
  });

  it('rotate prints the new id, under which the data is', async () => {
    const id = await mint('{"n":5}');
    const { stdout: fresh } = await maglia('b', ['rotate', id]);
    expect(fresh).not.toBe(id);
    expect((await maglia('b', ['get', fresh])).stdout).toBe('{"n":5}');
  });

  it('destroy ends a session, and the next get says why it is not there', async () => {
    const id = await mint();
    expect((await maglia('b', ['destroy', id])).stdout).toBe('destroyed');
    const miss = await maglia('b', ['get', id, '--json']);
    expect(miss.exitCode).toBe(EXIT.no);
    expect(JSON.parse(miss.stdout)).toMatchObject({ code: 'SESSION_MISS', reason: 'destroyed' });
    expect(miss.stderr).toContain('destroyed');
  });

  it('status shows the peers, and --json the same for programs', async () => {
    const { exitCode, stdout } = await maglia('a', ['status']);
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toMatch(/^node a: serving/);
    expect(stdout).toMatch(/^b +alive /m);
    const view = JSON.parse((await maglia('a', ['status', '--json'])).stdout) as object;
    expect(view).toMatchObject({ letter: 'a', peers: [{ letter: 'b', state: 'alive' }] });
  });

  it('a malformed id is a wrong call', async () => {
    const { exitCode, stderr } = await maglia('a', ['get', 'not-an-id']);
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain('MALFORMED_ID');
  });
});

describe('the exit status of status', () => {
  it('is 1 where the node asked is well and a peer is not', async () => {
    const own = await startMesh(['--nodes', '2', '--store', 'memory']);
    try {
      const env = { MAGLIA_URL: own.node('a').http };
      expect((await runMaglia(['status'], { env })).exitCode).toBe(EXIT.ok);
      process.kill(own.node('b').pid, 'SIGKILL');
      const status = (): Promise<CommandOutcome> => runMaglia(['status', '--json'], { env });
      await expect.poll(async () => (await status()).stdout, { timeout: 20_000 }).toContain('"state":"dead"');
      const { exitCode, stderr } = await status();
      expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.no, stderr: '' });
    } finally {
      own.signal('SIGTERM');
      await own.ended;
    }
  });
});

describe('where no daemon answers', () => {
  async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it.each([['status'], ['mint'], ['get', `a${'0'.repeat(26)}`]])('%s says so and what to do', async (...command) => {
    const { exitCode, stdout, stderr } = await runMaglia([
      ...command,
      '--url',
      `http://127.0.0.1:${await closedPort()}`,
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.unreachable, stdout: '' });
    expect(stderr).toMatch(
      /^maglia: no daemon answers at http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\): start one with/,
    );
  });

  it('a socket that is not there is the same', async () => {
    const { exitCode, stderr } = await runMaglia(['status', '--url', 'unix:/nowhere/http.sock']);
    expect(exitCode).toBe(EXIT.unreachable);
    expect(stderr).toContain('unix:/nowhere/http.sock');
  });
});

describe('the variables of the commands', () => {
  it('do not keep a daemon from starting in the same shell', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'maglia-test-'));
    const token = join(directory, 'token');
    await writeFile(token, 'x'.repeat(32), { mode: 0o600 });
    const env = { MAGLIA_URL: 'http://127.0.0.1:1', MAGLIA_TOKEN_FILE: token };
    const { exitCode, stderr } = await runMaglia(['check-config', '--map', 'a=>127.0.0.1'], { env });
    await rm(directory, { recursive: true });
    expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.ok, stderr: '' });
  });
});
