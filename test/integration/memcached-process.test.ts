import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { StoreInDoubtError, StoreStartError, StoreTooLargeError, StoreUnavailableError } from '../../src/errors.ts';
import { openStore, type OpenedStore, type OpenStoreConfig } from '../../src/store/open-store.ts';
import { readProcess } from '../../src/store/process-identity.ts';
import { prepareRuntimeDirectory } from '../../src/store/runtime-directory.ts';
import { isRunning } from '../support/process-life.ts';
import { storeConfig } from '../support/store-config.ts';
import { until } from '../support/until.ts';

const OPEN_STORE = fileURLToPath(new URL('../../dist/store/open-store.js', import.meta.url));
const CLOCK = fileURLToPath(new URL('../../dist/clock.js', import.meta.url));

/** A daemon that only opens its store, sets one record and then does nothing; built files, as `npm test` makes them. */
const OWNER_PROGRAM = `
  import { pino } from 'pino';
  const { openStore } = await import(${JSON.stringify(OPEN_STORE)});
  const { systemClock } = await import(${JSON.stringify(CLOCK)});
  const config = JSON.parse(process.argv[1]);
  const log = pino({ level: 'silent' });
  const { store } = await openStore(config, { clock: systemClock, log, metrics: { observe() {} }, onLost() {} });
  await store.set('of-the-former', Buffer.from('kept'), 600);
  process.stdout.write(JSON.stringify(store.describe()) + '\\n');
`;

let parent: string;
let directory: string;
let opened: OpenedStore[];
let owners: ChildProcess[];
let pids: Set<number>;
let losses: number;
let logged: string[];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'maglia-process-'));
  directory = join(parent, 'run');
  opened = [];
  owners = [];
  pids = new Set();
  losses = 0;
  logged = [];
});

afterEach(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  await Promise.all(opened.map((store) => store.close('stop')));
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  rmSync(parent, { recursive: true, force: true });
});

async function open(
  store: Partial<OpenStoreConfig['store']> = {},
  storeMs?: number,
  session?: OpenStoreConfig['session'],
): Promise<OpenedStore> {
  // As a daemon does first of all.
  prepareRuntimeDirectory(directory);
  const config = storeConfig(directory, store);
  const timings = { ...config.timings, ...(storeMs === undefined ? {} : { storeMs }) };
  const result = await openStore(
    { ...config, timings, ...(session !== undefined && { session }) },
    {
      clock: systemClock,
      log: pino({}, { write: (line: string) => void logged.push(line) }),
      metrics: { observe: () => undefined },
      onLost: () => (losses += 1),
    },
  );
  opened.push(result);
  pidOf(result);
  return result;
}

function pidOf({ store }: OpenedStore): number {
  const { pid } = store.describe();
  if (pid === undefined) throw new Error('there is no memcached');
  pids.add(pid);
  return pid;
}

/** Starts a daemon in a process of its own and resolves to its memcached's pid. */
async function startOwner(): Promise<{ owner: ChildProcess; memcachedPid: number }> {
  prepareRuntimeDirectory(directory);
  const args = ['--input-type=module', '-e', OWNER_PROGRAM, JSON.stringify(storeConfig(directory))];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const { pid } = JSON.parse(line.toString()) as { pid: number };
  pids.add(pid);
  return { owner, memcachedPid: pid };
}

async function killOwner({ owner }: { owner: ChildProcess }): Promise<void> {
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

/** Resolves when every thread has stopped: the one that takes the signal is not the one that answers requests. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until('it is frozen', () =>
    readdirSync(`/proc/${pid}/task`).every((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').includes(') T '),
    ),
  );
}

/** One line of memcached's `stats`. */
function statOf(name: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(directory, 'memcached.sock'));
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.endsWith('END\r\n')) return;
      socket.destroy();
      resolve(new RegExp(`^STAT ${name} (.*)\r$`, 'm').exec(text)?.[1]);
    });
    socket.write('stats\r\n');
  });
}

function permissions(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function failureOf(operation: Promise<unknown>): Promise<unknown> {
  return operation.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** True as soon as there is a memcached again, and the daemon knows. */
async function works({ store }: OpenedStore): Promise<boolean> {
  const failure = await failureOf(store.set('probe', Buffer.from('x'), 60));
  return failure === undefined && store.describe().state === 'up';
}

describe('a memcached of our own', () => {
  test('can be reached by its own user only: no network, a socket with mode 0600 in a directory with 0700 (S7)', async () => {
    const result = await open();
    expect(result.kept).toBe('fresh');
    expect(permissions(directory)).toBe('700');
    expect(permissions(join(directory, 'memcached.sock'))).toBe('600');
    expect(permissions(join(directory, 'memcached.json'))).toBe('600');
    const commandLine = readProcess(pidOf(result))?.commandLine ?? [];
    expect(commandLine).toContain('-s');
    expect(listeningTcpSockets(pidOf(result))).toEqual([]);
  });

  test('is told nothing of our environment but where programs and libraries are', async () => {
    vi.stubEnv('A_SECRET_OF_THE_SITE', 'hunter2');
    vi.stubEnv('MEMCACHED_PORT_FILENAME', join(parent, 'ports'));
    const pid = pidOf(await open());
    vi.unstubAllEnvs();
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => entry.slice(0, entry.indexOf('=')));
    expect(names).toContain('PATH');
    expect(names.filter((name) => name !== 'PATH' && name !== 'LD_LIBRARY_PATH')).toEqual([]);
  });

  test('belongs to no terminal and no group of ours', async () => {
    const pid = pidOf(await open());
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const [, , group, session, terminal] = fields;
    expect([group, session, terminal]).toEqual([String(pid), String(pid), '0']);
  });

  test('leaves nothing behind when it is stopped', async () => {
    const result = await open();
    const pid = pidOf(result);
    await result.close('stop');
    expect(isRunning(pid)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
    expect(result.store.describe()).toEqual({ kind: 'memcached', state: 'down' });
    await expect(result.store.get('k')).rejects.toThrow(StoreUnavailableError);
    expect(losses).toBe(0);
  });

  test('is stopped even if it is frozen', async () => {
    const result = await open();
    const pid = pidOf(result);
    await freeze(pid);
    await result.close('stop');
    expect(isRunning(pid)).toBe(false);
  });

  test('goes on when it is released, and the next one to open finds everything', async () => {
    const first = await open();
    await first.store.set('k', Buffer.from('v'), 600);
    const pid = pidOf(first);
    await first.close('release');
    expect(isRunning(pid)).toBe(true);

    const second = await open();
    expect(second.kept).toBe('kept');
    expect(pidOf(second)).toBe(pid);
    expect(await second.store.get('k')).toEqual(Buffer.from('v'));
    await second.close('stop');
    expect(isRunning(pid)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a memcached whose daemon was killed', () => {
  test('is found again with everything in it', async () => {
    const former = await startOwner();
    await killOwner(former);
    const result = await open();
    expect(result.kept).toBe('kept');
    expect(pidOf(result)).toBe(former.memcachedPid);
    expect(await result.store.get('of-the-former')).toEqual(Buffer.from('kept'));
  });

  test('is noticed at once when it dies later, though it is nobody’s child', async () => {
    const former = await startOwner();
    await killOwner(former);
    const result = await open();
    process.kill(former.memcachedPid, 'SIGKILL');
    await until('the loss is told', () => losses === 1, 2_000);
    await until('another one is up', () => works(result));
    expect(pidOf(result)).not.toBe(former.memcachedPid);
  });

  test('is not taken from a daemon that is alive', async () => {
    const { memcachedPid, owner } = await startOwner();
    await expect(open()).rejects.toThrow(`the daemon with pid ${owner.pid}`);
    expect(isRunning(memcachedPid)).toBe(true);
  });

  test.each([128, 32])(
    'gets %i MiB while it runs where that is configured now, and keeps every session',
    async (megabytes) => {
      await killOwner(await startOwner());
      const result = await open({ megabytes });
      expect(result.kept).toBe('kept');
      expect(await result.store.get('of-the-former')).toEqual(Buffer.from('kept'));
      expect(await statOf('limit_maxbytes')).toBe(String(megabytes * 1024 * 1024));
      expect(result.store.describe().outdated).toBeUndefined();
    },
  );

  test('is kept with a limit of records that cannot be changed while it runs, says so, and loses nothing', async () => {
    const former = await startOwner();
    await killOwner(former);
    const config = storeConfig(directory);
    const larger = await open({}, undefined, { ...config.session, maxBytes: 4 * 1_048_576 });
    expect(larger.kept).toBe('kept');
    expect(pidOf(larger)).toBe(former.memcachedPid);
    expect(larger.store.describe().outdated).toEqual(['-I 1572864 instead of -I 4718592']);
    expect(logged.filter((line) => line.includes('is kept'))).toHaveLength(1);
    expect(await larger.store.get('of-the-former')).toEqual(Buffer.from('kept'));
    await expect(larger.store.set('of-the-former', Buffer.alloc(2_000_000), 60)).rejects.toThrow(StoreTooLargeError);
    expect(await larger.store.get('of-the-former')).toEqual(Buffer.from('kept'));
    // The next one has what is configured.
    process.kill(former.memcachedPid, 'SIGKILL');
    await until('another one is up', () => losses === 1 && works(larger));
    expect(larger.store.describe().outdated).toBeUndefined();
    await larger.store.set('large', Buffer.alloc(2_000_000), 60);
  });

  test('is waited for if it is frozen, and has everything when it thaws', async () => {
    const former = await startOwner();
    await killOwner(former);
    await freeze(former.memcachedPid);
    const opening = open();
    await until('the log says that it is waited for', () => logged.some((line) => line.includes('waiting for it')));
    process.kill(former.memcachedPid, 'SIGCONT');
    const result = await opening;
    expect(result.kept).toBe('kept');
    expect(await result.store.get('of-the-former')).toEqual(Buffer.from('kept'));
  });

  test('is replaced if it answers nothing for store.silentSeconds', async () => {
    const former = await startOwner();
    await killOwner(former);
    await freeze(former.memcachedPid);
    const result = await open({ silentSeconds: 4 });
    expect(result.kept).toBe('lost');
    expect(isRunning(former.memcachedPid)).toBe(false);
  });

  test('is reported lost if it died as well, and its stale socket is no hindrance', async () => {
    const former = await startOwner();
    await killOwner(former);
    process.kill(former.memcachedPid, 'SIGKILL');
    await until('memcached is dead', () => !isRunning(former.memcachedPid));
    expect(existsSync(join(directory, 'memcached.sock'))).toBe(true);
    const result = await open();
    expect(result.kept).toBe('lost');
    expect(await works(result)).toBe(true);
  });

  test('is never confused with a process that has its pid now, or that is not a memcached', async () => {
    const bystander = spawn('sleep', ['60']);
    owners.push(bystander);
    await once(bystander, 'spawn');
    const identity = readProcess(bystander.pid ?? 0)?.identity;
    expect(identity).toBeDefined();
    for (const memcached of [identity, { ...identity, startedTicks: '1' }]) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { mode: 0o700 });
      const record = { format: 1, memcached, program: 'memcached', args: ['-s', join(directory, 'memcached.sock')] };
      writeFileSync(join(directory, 'memcached.json'), JSON.stringify(record));
      const result = await open();
      expect(result.kept).toBe('lost');
      await result.close('stop');
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    }
  });
});

describe('a memcached that dies', () => {
  test('fails nothing silently: all in flight settles, the loss is told once, another one takes over', async () => {
    const result = await open();
    const pid = pidOf(result);
    await result.store.set('k', Buffer.from('v'), 600);
    await freeze(pid);
    const inFlight = Array.from({ length: 100 }, (_, n) => failureOf(result.store.set(`k${n}`, Buffer.from('v'), 60)));
    process.kill(pid, 'SIGKILL');
    const failures = await Promise.all(inFlight);
    for (const failure of failures) {
      expect(failure instanceof StoreInDoubtError || failure instanceof StoreUnavailableError).toBe(true);
    }
    await until('another one is up', () => works(result));
    expect(losses).toBe(1);
    expect(await result.store.get('k')).toBeUndefined();
    expect(pidOf(result)).not.toBe(pid);
    expect(result.store.describe().state).toBe('up');
  });

  test('is replaced each time', async () => {
    const result = await open();
    for (let round = 1; round <= 3; round += 1) {
      process.kill(pidOf(result), 'SIGKILL');
      await until('the loss is told', () => losses === round);
      await until('another one is up', () => works(result));
    }
    expect(losses).toBe(3);
  });

  test('and cannot be started again is tried until it can', async () => {
    const program = join(parent, 'memcached');
    const script = '#!/bin/sh\nexec memcached "$@" -o no_hashexpand\n';
    writeFileSync(program, script, { mode: 0o755 });
    const result = await open({ program });
    rmSync(program);
    process.kill(pidOf(result), 'SIGKILL');
    await until('it failed twice', () => logged.filter((line) => line.includes('trying again')).length >= 2);
    expect(result.store.describe()).toEqual({ kind: 'memcached', state: 'down' });
    expect(await failureOf(result.store.get('k'))).toBeInstanceOf(StoreUnavailableError);
    writeFileSync(program, script, { mode: 0o755 });
    await until('another one is up', () => works(result));
    expect(losses).toBe(1);
    const pid = pidOf(result);
    await result.close('stop');
    expect(isRunning(pid)).toBe(false);
  });

  test('is down meanwhile, and stopping then leaves nothing behind', async () => {
    const result = await open();
    const pid = pidOf(result);
    process.kill(pid, 'SIGKILL');
    await until('the loss is told', () => losses === 1);
    expect(result.store.describe().state).toBe('down');
    await result.close('stop');
    expect(readdirSync(directory)).toEqual([]);
    const socketPath = join(directory, 'memcached.sock');
    const left = readdirSync('/proc').filter((entry) => readProcess(Number(entry))?.commandLine.includes(socketPath));
    expect(left).toEqual([]);
  });
});

describe('a memcached that is frozen', () => {
  test('settles what is asked of it within the deadline, and is not killed for a short while', async () => {
    const result = await open({}, 50);
    const pid = pidOf(result);
    await result.store.set('k', Buffer.from('v'), 600);
    await freeze(pid);
    const startedAt = performance.now();
    expect(await failureOf(result.store.get('k'))).toBeInstanceOf(StoreInDoubtError);
    expect(await failureOf(result.store.get('k'))).toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    process.kill(pid, 'SIGCONT');
    await until('it answers again', () => works(result));
    expect(await result.store.get('k')).toEqual(Buffer.from('v'));
    expect(losses).toBe(0);
    expect(pidOf(result)).toBe(pid);
  });

  test('never does a timed-out write after a newer one that it has confirmed (S1)', async () => {
    const result = await open({}, 50);
    const { store } = result;
    const pid = pidOf(result);
    for (let round = 0; round < 20; round += 1) {
      await until('it answers', () => works(result));
      await freeze(pid);
      // More than memcached reads at once, so that the old write is still on its way when the next connection comes.
      const filler = Array.from({ length: 150 }, (_, n) => failureOf(store.set(`f${n}`, Buffer.alloc(800), 60)));
      const old = failureOf(store.set('k', Buffer.from(`old ${round}`), 60));
      await Promise.all([...filler, old]);
      expect(await old).toBeInstanceOf(StoreInDoubtError);
      const newer = until('a newer write is confirmed', async () => {
        return (await failureOf(store.set('k', Buffer.from(`new ${round}`), 60))) === undefined;
      });
      process.kill(pid, 'SIGCONT');
      await newer;
      expect((await store.get('k'))?.toString()).toBe(`new ${round}`);
      await store.set('later', Buffer.from('x'), 60);
      expect((await store.get('k'))?.toString()).toBe(`new ${round}`);
    }
    expect(losses).toBe(0);
  });

  test('for more than five seconds keeps all its sessions, and the store says for how long it has been silent', async () => {
    const result = await open();
    const pid = pidOf(result);
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => result.store.set(key, Buffer.from(key), 600)));
    await freeze(pid);
    const seconds = (): number => Number(/not answered for (\d+) s/.exec(result.store.describe().why ?? '')?.[1] ?? 0);
    await until('it is silent for 6 s, or lost', () => losses > 0 || seconds() >= 6, 30_000);
    expect(losses).toBe(0);
    expect(result.store.describe()).toMatchObject({ state: 'down', pid });
    process.kill(pid, 'SIGCONT');
    await until('it answers again', () => works(result));
    const found = await Promise.all(keys.map((key) => result.store.get(key)));
    expect(found.map(String)).toEqual(keys);
    expect(pidOf(result)).toBe(pid);
    expect(result.store.describe().why).toBeUndefined();
    expect(losses).toBe(0);
  });

  test('past store.silentSeconds is killed and replaced, and an error line says for how long it was silent', async () => {
    const result = await open({ silentSeconds: 4 }, 50);
    const pid = pidOf(result);
    await freeze(pid);
    await until('the loss is told', () => losses === 1, 15_000);
    expect(isRunning(pid)).toBe(false);
    await until('another one is up', () => works(result));
    expect(pidOf(result)).not.toBe(pid);
    const lines = logged.map((line) => JSON.parse(line) as { level: number; msg: string; memcachedPid?: number });
    const errors = lines.filter(
      ({ level, memcachedPid }) => level === pino.levels.values['error'] && memcachedPid === pid,
    );
    expect(errors.map(({ msg }) => msg)).toEqual([expect.stringMatching(/has not answered for [4-9] s; replacing it/)]);
  });

  test('is replaced at once when it is killed all the same', async () => {
    const result = await open();
    const pid = pidOf(result);
    await freeze(pid);
    await until('its silence is noticed', () => result.store.describe().state === 'down');
    process.kill(pid, 'SIGKILL');
    await until('another one is up, long before the limit', () => losses === 1 && works(result), 5_000);
    expect(pidOf(result)).not.toBe(pid);
  });

  test('by somebody who takes its socket away is killed and replaced too', async () => {
    const result = await open();
    const pid = pidOf(result);
    rmSync(join(directory, 'memcached.sock'));
    await until('another one is up', () => losses === 1 && works(result), 8_000);
    expect(isRunning(pid)).toBe(false);
  });
});

describe('a memcached that cannot be started', () => {
  test('because it is not installed, is refused with what to do', async () => {
    await expect(open({ program: 'no-such-memcached' })).rejects.toThrow(StoreStartError);
    await expect(open({ program: 'no-such-memcached' })).rejects.toThrow('install it');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('because the program is another one, is refused with what that said', async () => {
    await expect(open({ program: 'false' })).rejects.toThrow('it exited with code 1');
    await expect(open({ program: '/etc/passwd' })).rejects.toThrow('may not execute');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('because its memory is too small for the records, is refused before it is tried', async () => {
    await expect(open({ megabytes: 2 })).rejects.toThrow('needs 3');
  });

  test('because its directory is open to others, is refused', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    await expect(open()).rejects.toThrow('chmod 700');
  });

  test('because the path of its socket is too long, is refused', async () => {
    directory = join(parent, 'd'.repeat(100));
    await expect(open()).rejects.toThrow('shorter runtimeDirectory');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('in a small memory works with the smallest that is allowed', async () => {
    const result = await open({ megabytes: 3 }, 10_000);
    const value = Buffer.alloc(1_048_576, 7);
    await result.store.set('large', value, 60);
    expect((await result.store.get('large'))?.equals(value)).toBe(true);
  });
});

describe('a memcached full of small records', () => {
  test('still takes a session of 1 MiB', async () => {
    // What it can take is asked here, and not how soon on a busy machine.
    const { store } = await open({ megabytes: 8 }, 10_000);
    const small = Buffer.alloc(600);
    for (let batch = 0; batch < 30; batch += 1) {
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => store.set(`s${batch}.${n}`, small, 600)));
    }
    const large = Buffer.alloc(1_048_576, 7);
    for (let n = 0; n < 5; n += 1) await store.set(`large${n}`, large, 600);
    expect((await store.get('large4'))?.equals(large)).toBe(true);
  });
});

/** The TCP sockets that a process listens on, found by their inode. */
function listeningTcpSockets(pid: number): string[] {
  const LISTEN = '0A';
  const table = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1),
  );
  const listening = new Map(
    table
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN)
      .map((fields) => [fields[9] ?? '', fields[1] ?? '']),
  );
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((fd) => inodeOf(pid, fd))
    .flatMap((inode) => listening.get(inode) ?? []);
}

function inodeOf(pid: number, fd: string): string {
  return String(statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })?.ino ?? '');
}
