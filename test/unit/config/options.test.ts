import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { describeOptions, flagKey, flagName, variableName } from '../../../src/config/option-names.ts';
import { OPTION_PATHS, type OptionPath } from '../../../src/config/options.ts';
import { LetterMap } from '../../../src/session/letter.ts';
import { faultsOf, load, SECRET, THREE_NODES, withFile, type FakeMachine } from './fake-sources.ts';

const FILES = {
  '/other-secret': { text: 'another secret of enough bytes' },
  '/token': { text: 'a-token-of-the-doors' },
  '/sasl': { text: 'shop:a-password-of-its-own\n' },
  '/etc/group': { text: 'root:x:0:\nwww-data:x:33:\n' },
  '/warn.json': { text: '{"log": {"level": "warn"}}' },
};

/** For each option a value other than that of THREE_NODES or its default. */
const OTHER_VALUES: Readonly<Record<OptionPath, string>> = {
  config: '/warn.json',
  letters: 'a=>10.0.0.1:7000,b=>10.0.0.2',
  letter: 'b',
  secretFile: '/other-secret',
  runtimeDirectory: '/var/lib/maglia',
  'mesh.listen': '0.0.0.0:7000',
  'mesh.plain': 'true',
  'doors.http': '/run/http.sock',
  'doors.tokenFile': '/token',
  'doors.memcached': '/run/memcached.sock',
  'doors.usersFile': '/sasl',
  'doors.socketMode': '0666',
  'doors.socketGroup': 'www-data',
  'doors.allowFlush': 'true',
  'doors.steering': 'false',
  'doors.keyPrefixes': 'shop.sess.',
  'doors.cachePrefixes': 'shop.sess.',
  'doors.lockPrefixes': 'shop.lock.',
  'doors.lockWaitMs': '701',
  'session.ttlSeconds': '1441',
  'session.maxTtlSeconds': '1441',
  'session.maxBytes': '1000',
  'session.tombstoneSeconds': '61',
  'session.rotateGraceSeconds': '0',
  'session.lockSeconds': '31',
  'store.kind': 'memory',
  'store.megabytes': '65',
  'store.cacheMegabytes': '33',
  'store.address': '127.0.0.1:11211',
  'store.program': '/opt/memcached',
  'store.silentSeconds': '31',
  'timings.pingMs': '49',
  'timings.suspectAfterMs': '151',
  'timings.deadAfterMs': '399',
  'timings.operationMs': '251',
  'timings.hardCapMs': '501',
  'timings.storeMs': '101',
  'timings.dialMs': '501',
  'timings.joinPatienceMs': '5001',
  'timings.pauseMs': '0',
  'limits.inFlightPerLink': '257',
  'limits.meshCallers': '257',
  'limits.queuePerSession': '65',
  'limits.ledgerEntries': '100001',
  'limits.shelfMegabytes': '65',
  'limits.recalledSessions': '50001',
  'limits.clients': '10001',
  'limits.httpClients': '10001',
  'limits.clientRequests': '65',
  'limits.clientLocks': '65',
  'limits.locks': '20001',
  'limits.clientBytes': '1048577',
  'limits.clientMegabytes': '257',
  'limits.clientIdleSeconds': '1',
  'limits.clientStallSeconds': '31',
  'log.level': 'debug',
};

/** Lists in the file. */
const LISTS: readonly OptionPath[] = [
  'doors.http',
  'doors.memcached',
  'doors.keyPrefixes',
  'doors.cachePrefixes',
  'doors.lockPrefixes',
];

/** What plain may be tried with. */
const LOOPBACK = { map: 'a=>127.0.0.1:1,b=>127.0.0.1:2' };

function machineFor(path: OptionPath, more: Partial<FakeMachine> = {}): FakeMachine {
  const flags = { ...THREE_NODES, ...(path === 'mesh.plain' && LOOPBACK), ...more.flags };
  return { files: FILES, ...more, flags };
}

/** Each leaf of a configuration by its path. */
function leavesOf(config: Config): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (value instanceof LetterMap) leaves.set(path, value.digest);
    else if (Buffer.isBuffer(value)) leaves.set(path, value.toString('hex'));
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, part] of Object.entries(value)) walk(part, path === '' ? key : `${path}.${key}`);
    } else leaves.set(path, JSON.stringify(value));
  };
  walk(config, '');
  return leaves;
}

async function changedLeaves(path: OptionPath): Promise<string[]> {
  const before = leavesOf(await load(machineFor(path)));
  const after = leavesOf(await load(machineFor(path, { flags: { [flagKey(path)]: OTHER_VALUES[path] } })));
  return [...new Set([...before.keys(), ...after.keys()])].filter((leaf) => before.get(leaf) !== after.get(leaf));
}

describe('the table of options', () => {
  test.each(OPTION_PATHS)('%s has an effect on the configuration', async (path) => {
    expect(await changedLeaves(path)).not.toEqual([]);
  });

  test('every leaf of the configuration comes from an option', async () => {
    const machines = OPTION_PATHS.map((path) => machineFor(path, { flags: { [flagKey(path)]: OTHER_VALUES[path] } }));
    const configs = await Promise.all(machines.map((machine) => load(machine)));
    const all = new Set(configs.flatMap((config) => [...leavesOf(config).keys()]));
    const changed = new Set((await Promise.all(OPTION_PATHS.map(changedLeaves))).flat());
    expect(all.size).toBeGreaterThan(30);
    expect([...all].filter((leaf) => !changed.has(leaf))).toEqual([]);
  });

  test.each(OPTION_PATHS)('%s does the same as a flag, as a variable and in the file', async (path) => {
    const value = OTHER_VALUES[path];
    const others = without(machineFor(path).flags ?? {}, flagKey(path));
    const byFlag = leavesOf(await load({ files: FILES, flags: { ...others, [flagKey(path)]: value } }));
    expect(leavesOf(await load({ files: FILES, flags: others, env: { [variableName(path)]: value } }))).toEqual(byFlag);
    if (path === 'config') return;
    const inFile = nest(path, LISTS.includes(path) ? [value] : asJson(value));
    const machine = withFile(JSON.stringify(inFile), { flags: others });
    expect(leavesOf(await load({ ...machine, files: { ...machine.files, ...FILES } }))).toEqual(byFlag);
  });

  test('flag, variable and key are made from the path', () => {
    expect([flagName, variableName, flagKey].map((name) => name('session.ttlSeconds'))).toEqual([
      '--session-ttl-seconds',
      'MAGLIA_SESSION_TTL_SECONDS',
      'sessionTtlSeconds',
    ]);
    expect([flagName, variableName, flagKey].map((name) => name('letters'))).toEqual(['--map', 'MAGLIA_MAP', 'map']);
    expect([flagName, variableName].map((name) => name('letter'))).toEqual(['--letter', 'MAGLIA_LETTER']);
    expect([flagName, variableName].map((name) => name('config'))).toEqual(['--config', 'MAGLIA_CONFIG']);
  });

  test('no two options share a flag or a variable', () => {
    const names = describeOptions();
    expect(new Set(names.map(({ flag }) => flag)).size).toBe(OPTION_PATHS.length);
    expect(new Set(names.map(({ variable }) => variable)).size).toBe(OPTION_PATHS.length);
    expect(new Set(names.map((option) => option.flagKey)).size).toBe(OPTION_PATHS.length);
  });

  test('each option says in one line what it is, what it can be, and what holds without it', () => {
    for (const { says, fallback, expected, usage, flag } of describeOptions()) {
      expect(says).toMatch(/^[A-Z][^\n]{10,120}[^.\n]$/);
      expect(fallback).toMatch(/^[^\n]+$/);
      expect(expected).toMatch(/^[^\n]+$/);
      expect(usage.startsWith(`${flag} `)).toBe(true);
    }
  });

  test('the defaults are those that the documents name', async () => {
    const config = await load(machineFor('log.level'));
    expect(without(config, 'map', 'mesh')).toEqual({
      letter: 'a',
      doors: {
        http: [{ kind: 'tcp', host: '127.0.0.1', port: 7420 }],
        memcached: [],
        credentials: [],
        socketAccess: { mode: 0o660 },
        allowFlush: false,
        steering: true,
        keyPrefixes: [
          'memc.sess.key.',
          'sess:',
          ':1:django.contrib.sessions.cache',
          ':1:django.contrib.sessions.cached_db',
          'rack:session:2::',
          'rack:session:',
          '_session_id:2::',
          'sf2s',
        ],
        cachePrefixes: [':1:django.contrib.sessions.cached_db'],
        lockPrefixes: ['memc.sess.key.lock.'],
        lockWaitMs: 700,
      },
      session: {
        ttlSeconds: 1440,
        maxTtlSeconds: 31_536_000,
        maxBytes: 1_048_576,
        tombstoneSeconds: 60,
        rotateGraceSeconds: 5,
        lockSeconds: 30,
      },
      store: { kind: 'memcached', megabytes: 64, cacheMegabytes: 32, program: 'memcached', silentSeconds: 30 },
      timings: {
        pingMs: 50,
        suspectAfterMs: 150,
        deadAfterMs: 400,
        operationMs: 250,
        hardCapMs: 500,
        storeMs: 100,
        dialMs: 500,
        joinPatienceMs: 5000,
        pauseMs: 3000,
      },
      limits: {
        inFlightPerLink: 256,
        meshCallers: 256,
        queuePerSession: 64,
        ledgerEntries: 100_000,
        shelfMegabytes: 64,
        recalledSessions: 50_000,
        clients: 10_000,
        httpClients: 10_000,
        clientRequests: 64,
        clientLocks: 64,
        locks: 20_000,
        clientBytes: 1_048_576,
        clientMegabytes: 256,
        clientIdleSeconds: 0,
        clientStallSeconds: 30,
      },
      log: { level: 'info' },
      runtimeDirectory: '/tmp/maglia-1000-a',
    });
  });
});

describe('cluster.example.json', () => {
  test('is a configuration that can be used as it is, given the secret and an address of the map', async () => {
    const text = readFileSync(new URL('../../../cluster.example.json', import.meta.url), 'utf8');
    const machine = withFile(text, { localAddresses: ['192.168.0.2'] });
    expect(await faultsOf(machine)).toEqual([]);
    const config = await load(machine);
    expect(config.letter).toBe('b');
    expect(config.mesh.security).toEqual({ kind: 'psk', secret: Buffer.from(SECRET) });
  });
});

function without<T extends object>(record: T, ...keys: string[]): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key))) as Partial<T>;
}

function nest(path: string, value: unknown): unknown {
  return path.split('.').reduceRight((inner, key) => ({ [key]: inner }), value);
}

/** A number or truth value as the file has it; other texts as they are. */
function asJson(text: string): unknown {
  return /^(?:0|[1-9]\d*|true|false)$/.test(text) ? (JSON.parse(text) as unknown) : text;
}
