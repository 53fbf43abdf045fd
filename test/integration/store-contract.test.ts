import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENVELOPE_BYTES } from '../../src/session/record.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { StoreTooLargeError, StoreUnavailableError } from '../../src/errors.ts';
import { openStore, type OpenedStore, type OpenStoreConfig } from '../../src/store/open-store.ts';
import { prepareRuntimeDirectory } from '../../src/runtime-files.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { freePorts } from '../support/free-ports.ts';
import { storeConfig } from '../support/store-config.ts';
import { until } from '../support/until.ts';

const MEBIBYTE = 1_048_576;

interface Subject {
  readonly opened: OpenedStore;
  /** Comes back when `seconds` have passed for the store, or `isSo` has come true meanwhile. */
  pass(seconds: number, isSo: () => Promise<boolean>): Promise<unknown>;
  close(): Promise<void>;
}

let directories: string[] = [];

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'maglia-store-'));
  directories.push(directory);
  return directory;
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories = [];
});

function open(config: OpenStoreConfig, clock: Clock, logged: string[] = []): Promise<OpenedStore> {
  return openStore(config, {
    clock,
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    metrics: { observe: () => undefined },
    onLost: () => undefined,
  });
}

async function openMemory(): Promise<Subject> {
  const clock = new FakeClock();
  const opened = await open(storeConfig('/nowhere', { kind: 'memory' }), clock);
  return {
    opened,
    pass: (seconds) => {
      clock.advance(seconds * 1_000);
      return Promise.resolve();
    },
    close: () => opened.close('stop'),
  };
}

async function openOwnMemcached(): Promise<Subject> {
  const directory = join(temporaryDirectory(), 'run');
  prepareRuntimeDirectory(directory);
  const opened = await open(storeConfig(directory), systemClock);
  return { opened, pass: really, close: () => opened.close('stop') };
}

async function openTcpMemcached(): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const memcached = spawnTcpMemcached(port);
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  // Memcached says nothing when it listens; the store knows when it answers.
  const opened = await open(storeConfig('/nowhere', { address }), systemClock);
  await until('memcached listens', () => opened.store.describe().state === 'up');
  return {
    opened,
    pass: really,
    close: async () => {
      await opened.close('stop');
      expect(memcached.exitCode).toBeNull();
      memcached.kill();
      await once(memcached, 'exit');
    },
  };
}

function spawnTcpMemcached(port: number): ChildProcess {
  const args = ['-l', '127.0.0.1', '-p', String(port), '-I', '2m', '-u', userInfo().username];
  return spawn('memcached', args, { stdio: 'ignore' });
}

function really(seconds: number, isSo: () => Promise<boolean>): Promise<unknown> {
  return until(`${seconds} s pass`, isSo, seconds * 1_000 + 3_000);
}

describe.each([
  ['in memory', openMemory],
  ['in a memcached of our own, over a unix socket', openOwnMemcached],
  ['in a memcached of somebody else, over TCP', openTcpMemcached],
])('a store %s', (_, openSubject) => {
  let subject: Subject;
  let store: Store;

  beforeAll(async () => {
    subject = await openSubject();
    store = subject.opened.store;
  });

  afterAll(() => subject.close());

  test('has nothing under a key that was never set', async () => {
    expect(await store.get('never')).toBeUndefined();
    expect(await store.delete('never')).toBe(false);
  });

  test('gives back what was set last', async () => {
    await store.set('key', Buffer.from('one'), 60);
    await store.set('key', Buffer.from('two'), 60);
    expect(await store.get('key')).toEqual(Buffer.from('two'));
  });

  test('tells how full it is', async () => {
    const before = await store.figures();
    await store.set('counted', Buffer.alloc(10_000), 60);
    const after = await store.figures();
    expect(after.items).toBe(before.items + 1);
    expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(10_000);
    expect(after).toMatchObject({ limitBytes: 64 * 1024 * 1024, evictions: 0 });
  });

  test('adds only where the key is free', async () => {
    expect(await store.add('added', Buffer.from('first'), 60)).toBe(true);
    expect(await store.add('added', Buffer.from('second'), 60)).toBe(false);
    expect(await store.get('added')).toEqual(Buffer.from('first'));
  });

  test('lets one of many who add at once win', async () => {
    const wins = await Promise.all(Array.from({ length: 50 }, (_, n) => store.add('raced', Buffer.from(`${n}`), 60)));
    expect(wins.filter((won) => won)).toHaveLength(1);
    expect((await store.get('raced'))?.toString()).toBe(String(wins.indexOf(true)));
  });

  test('deletes once, and the key is free again', async () => {
    await store.set('deleted', Buffer.from('x'), 60);
    expect(await store.delete('deleted')).toBe(true);
    expect(await store.delete('deleted')).toBe(false);
    expect(await store.get('deleted')).toBeUndefined();
    expect(await store.add('deleted', Buffer.from('y'), 60)).toBe(true);
  });

  test('keeps every byte, and the empty value', async () => {
    const value = Buffer.from([...Array.from({ length: 256 }, (_, byte) => byte), 0x0d, 0x0a, 0x80, 0x81]);
    await store.set('bytes', value, 60);
    expect(await store.get('bytes')).toEqual(value);
    await store.set('empty', Buffer.alloc(0), 60);
    expect(await store.get('empty')).toEqual(Buffer.alloc(0));
  });

  test('holds a session of 1 MiB with its envelope, several at once', async () => {
    const values = [1, 2, 3, 4].map((byte) => Buffer.alloc(MEBIBYTE + ENVELOPE_BYTES, byte));
    await Promise.all(values.map((value, n) => store.set(`large${n}`, value, 60)));
    const kept = await Promise.all(values.map((_, n) => store.get(`large${n}`)));
    values.forEach((value, n) => expect(kept[n]?.equals(value)).toBe(true));
  });

  test('refuses a value that is too large and keeps the old one', async () => {
    await store.set('limit', Buffer.from('old'), 60);
    const tooLarge = Buffer.alloc(MEBIBYTE + ENVELOPE_BYTES + 1);
    await expect(store.set('limit', tooLarge, 60)).rejects.toThrow(StoreTooLargeError);
    await expect(store.add('limit2', tooLarge, 60)).rejects.toThrow(StoreTooLargeError);
    expect(await store.get('limit')).toEqual(Buffer.from('old'));
    expect(await store.get('limit2')).toBeUndefined();
  });

  test('takes keys of up to 250 characters', async () => {
    const key = 'k'.repeat(250);
    await store.set(key, Buffer.from('long'), 60);
    expect(await store.get(key)).toEqual(Buffer.from('long'));
    await expect(store.get(`${key}k`)).rejects.toThrow(StoreUnavailableError);
    await expect(store.set('', Buffer.from('x'), 60)).rejects.toThrow(StoreUnavailableError);
  });

  test('keeps 1,000 operations at once apart', async () => {
    const keys = Array.from({ length: 1_000 }, (_, n) => `parallel${n}`);
    await Promise.all(keys.map((key) => store.set(key, Buffer.from(key), 60)));
    const values = await Promise.all(keys.map((key) => store.get(key)));
    expect(values.map(String)).toEqual(keys);
  });

  test('does what one caller asks in the order in which it is asked', async () => {
    const steps = Array.from({ length: 200 }, (_, n) => store.set('ordered', Buffer.from(`${n}`), 60));
    const [last] = await Promise.all([store.get('ordered'), ...steps]);
    expect(last?.toString()).toBe('199');
  });

  test('lets a record live for its time to live and then go', async () => {
    const isGone = async (): Promise<boolean> => (await store.get('short')) === undefined;
    await store.set('short', Buffer.from('x'), 1);
    expect(await isGone()).toBe(false);
    await subject.pass(2, isGone);
    expect(await isGone()).toBe(true);
    expect(await store.add('short', Buffer.from('y'), 60)).toBe(true);
  });

  test.each([86_400, 30 * 86_400, 31 * 86_400, 10 * 365 * 86_400, Number.MAX_SAFE_INTEGER])(
    'keeps a record with a time to live of %d s',
    async (ttlSeconds) => {
      await store.set('long-lived', Buffer.from('x'), ttlSeconds);
      expect(await store.get('long-lived')).toEqual(Buffer.from('x'));
    },
  );

  test('drops everything when it is cleared, and nothing that is set after that', async () => {
    for (let round = 0; round < 20; round += 1) {
      await store.set('before', Buffer.from('x'), 60);
      await store.clear();
      await store.set('after', Buffer.from(`${round}`), 60);
      expect(await store.get('before')).toBeUndefined();
      expect((await store.get('after'))?.toString()).toBe(String(round));
    }
    await store.clear();
    expect(await store.get('after')).toBeUndefined();
    expect(await store.add('after', Buffer.from('x'), 60)).toBe(true);
  });

  test('says that it is up', () => {
    expect(store.describe().state).toBe('up');
  });
});

describe('a memcached of somebody else', () => {
  test('may come after us and go before us; what is in it is theirs to lose', async () => {
    const [port = 0] = await freePorts(1);
    const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
    const opened = await open(storeConfig('/nowhere', { address }), systemClock);
    expect(opened.kept).toBe('kept');
    expect(opened.store.describe()).toEqual({ kind: 'memcached', state: 'down' });
    await expect(opened.store.get('k')).rejects.toThrow(StoreUnavailableError);

    const memcached = spawnTcpMemcached(port);
    await until('it answers', () => opened.store.describe().state === 'up');
    await opened.store.set('k', Buffer.from('v'), 60);
    memcached.kill();
    await until('it is gone', () => opened.store.describe().state === 'down');
    await opened.close('stop');
  });

  test('is warned of where others could reach it', async () => {
    const logged: string[] = [];
    const address = { kind: 'tcp', host: '240.0.0.1', port: 11_211 } as const;
    const opened = await open(storeConfig('/nowhere', { address }), systemClock, logged);
    await opened.close('stop');
    expect(logged[0]).toContain('store.address is not on this machine');
  });
});
