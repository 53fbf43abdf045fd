import { describe, expect, test } from 'vitest';
import type { MemcachedCommand } from '../../../../src/doors/memcached/protocol/command.ts';
import type { MemcachedReply } from '../../../../src/doors/memcached/protocol/reply.ts';
import type { BinaryShape } from '../../../../src/doors/memcached/protocol/reply-shape.ts';
import { ClientDesk } from '../../../../src/doors/memcached/client-desk.ts';
import { MemcachedProtocol } from '../../../../src/doors/memcached/memcached-protocol.ts';
import { DEFAULT_LIMITS } from '../../../../src/doors/memcached/protocol/limits.ts';
import { answered, DeskFixture, META, read, settled, store, TEXT, type DeskOptions } from './desk-fixture.ts';

const USERS = [{ user: 'shop', password: 'first-password' }];
const BINARY: BinaryShape = { protocol: 'binary', opcode: 0, opaque: 0, key: '', silence: 'nothing' };

function open(options: DeskOptions = {}): { fixture: DeskFixture; desk: ClientDesk } {
  const fixture = new DeskFixture(options);
  return { fixture, desk: new ClientDesk(fixture.parts) };
}

function statsOf(reply: MemcachedReply | Promise<MemcachedReply>): Record<string, string> {
  if (reply instanceof Promise || reply.kind !== 'stats') throw new TypeError('no stats');
  return Object.fromEntries(reply.stats);
}

function sasl(...parts: string[]): MemcachedCommand {
  return { kind: 'sasl-start', mechanism: 'PLAIN', credentials: Buffer.from(parts.join('\0')) };
}

describe('commands that need nobody else', () => {
  test('are answered at once', () => {
    const { desk } = open();
    expect(desk.answer({ kind: 'noop' }, META)).toEqual({ kind: 'ok' });
    expect(desk.answer({ kind: 'verbosity', level: 1 }, TEXT)).toEqual({ kind: 'ok' });
    expect(desk.answer({ kind: 'version' }, TEXT)).toEqual({ kind: 'version', version: '1.6.18-test' });
  });
});

describe('stats', () => {
  test('has the names that clients and tools know from memcached', async () => {
    const { desk, fixture } = open();
    fixture.sessions.script = () => answered({ kind: 'miss' });
    await desk.answer(read('k'), TEXT);
    fixture.clock.advance(5500);
    const stats = statsOf(await desk.answer({ kind: 'stats', argument: '' }, TEXT));
    expect(stats).toMatchObject({
      ...{ uptime: '5', version: '1.6.18-test', curr_connections: '3', max_connections: '100', cmd_get: '1' },
      ...{ get_hits: '0', get_misses: '1', limit_maxbytes: '67108864', threads: '1', pointer_size: '64' },
    });
    expect(stats['pid']).toMatch(/^\d+$/);
    expect(stats['time']).toBe(String(Math.floor(fixture.clock.now() / 1000)));
    expect(Object.keys(stats)).toEqual(expect.arrayContaining(['rusage_user', 'bytes_read', 'total_connections']));
  });

  test('maglia tells of the mesh', () => {
    const { desk } = open();
    expect(statsOf(desk.answer({ kind: 'stats', argument: 'maglia' }, TEXT))).toMatchObject({
      ...{ letter: 'b', incarnation: '5', tenure: 'serving', orphans: '17', steered: '0' },
      ...{ 'peer:a:state': 'dead', 'peer:a:link': 'waiting' },
    });
  });

  test('reset begins anew', async () => {
    const { desk, fixture } = open();
    fixture.sessions.script = () => answered({ kind: 'miss' });
    await desk.answer(read('k'), TEXT);
    expect(desk.answer({ kind: 'stats', argument: 'reset' }, TEXT)).toEqual({ kind: 'stats-reset' });
    expect(statsOf(await desk.answer({ kind: 'stats', argument: '' }, TEXT))).toMatchObject({ cmd_get: '0' });
  });

  test('of memcached’s own memory are empty, and unknown ones unknown', () => {
    const { desk } = open();
    for (const argument of ['items', 'slabs', 'sizes', 'conns']) {
      expect(desk.answer({ kind: 'stats', argument }, TEXT)).toEqual({ kind: 'stats', stats: [] });
    }
    expect(desk.answer({ kind: 'stats', argument: 'noblah' }, TEXT)).toEqual({ kind: 'unknown-stats' });
    expect(statsOf(desk.answer({ kind: 'stats', argument: 'settings' }, TEXT))).toMatchObject({ flush_enabled: 'no' });
  });

  test('and flush_all wait for what came before them', () => {
    const protocol = new MemcachedProtocol(open().desk, DEFAULT_LIMITS);
    expect(protocol.isBarrier({ kind: 'stats', argument: '' })).toBe(true);
    expect(protocol.isBarrier({ kind: 'flush-all', exptime: 0 })).toBe(true);
    expect([read('k'), store('set', 'k', 'v')].map((command) => protocol.isBarrier(command))).toEqual([false, false]);
  });
});

describe('flush_all', () => {
  const flush: MemcachedCommand = { kind: 'flush-all', exptime: 0 };

  test('is refused unless it is allowed', () => {
    const { desk, fixture } = open();
    expect(desk.answer(flush, TEXT)).toEqual({ kind: 'flush-refused' });
    expect(fixture.sessions.asked).toEqual([]);
  });

  test('drops what every node has', async () => {
    const { desk, fixture } = open({ allowsFlush: true });
    fixture.sessions.script = ({ id }) => ({ kind: 'done', id, version: 0, ttlSeconds: 0 });
    expect(await desk.answer(flush, TEXT)).toEqual({ kind: 'ok' });
    expect(fixture.sessions.asked).toEqual(['a', 'b', 'c'].map((id) => ({ kind: 'flush', id })));
    expect(fixture.counts.tally.cmd_flush).toBe(1);
  });

  test('says so when one of them could not be asked', async () => {
    const { desk, fixture } = open({ allowsFlush: true });
    fixture.sessions.script = ({ id }) =>
      id === 'c' ? { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' } : { kind: 'done', id, version: 0, ttlSeconds: 0 };
    expect(await desk.answer(flush, TEXT)).toMatchObject({ kind: 'server-error', code: 'IN_DOUBT' });
  });

  test('for later is answered at once and done then; the last word counts', async () => {
    const { desk, fixture } = open({ allowsFlush: true });
    fixture.sessions.script = ({ id }) => ({ kind: 'done', id, version: 0, ttlSeconds: 0 });
    expect(desk.answer({ kind: 'flush-all', exptime: 10 }, TEXT)).toEqual({ kind: 'ok' });
    expect(desk.answer({ kind: 'flush-all', exptime: 20 }, TEXT)).toEqual({ kind: 'ok' });
    fixture.clock.advance(19_999);
    expect(fixture.sessions.asked).toEqual([]);
    fixture.clock.advance(1);
    await settled();
    expect(fixture.sessions.asked).toHaveLength(3);
  });
});

describe('SASL, where no users are configured', () => {
  test('is a command that nobody knows, as for a memcached without it', () => {
    const { desk } = open();
    for (const command of [{ kind: 'sasl-list' }, sasl('', 'a', 'b')] satisfies MemcachedCommand[]) {
      expect(desk.answer(command, BINARY)).toEqual({ kind: 'unknown-command' });
    }
    expect(desk.isTurnedAway).toBe(false);
  });
});

describe('a client that must say who it is', () => {
  test('may ask how, and for the version, and nothing else', () => {
    const { desk, fixture } = open({ users: USERS });
    expect(desk.answer({ kind: 'version' }, BINARY)).toMatchObject({ kind: 'version' });
    expect(desk.answer({ kind: 'sasl-list' }, BINARY)).toEqual({ kind: 'mechanisms', names: 'PLAIN' });
    expect(desk.answer(read('k'), BINARY)).toEqual({ kind: 'auth-required' });
    expect(desk.isTurnedAway).toBe(true);
    expect(desk.answer(sasl('', 'shop', 'first-password'), BINARY)).toEqual({ kind: 'auth-required' });
    expect(fixture.sessions.asked).toEqual([]);
  });

  test('is let in with the right password', async () => {
    const { desk, fixture } = open({ users: USERS });
    fixture.sessions.script = () => answered({ kind: 'miss' });
    expect(desk.answer(sasl('', 'shop', 'first-password'), BINARY)).toEqual({ kind: 'authenticated' });
    expect(await desk.answer(read('k'), BINARY)).toEqual({ kind: 'miss' });
    expect(fixture.counts.tally).toMatchObject({ auth_cmds: 1, auth_errors: 0 });
  });

  test.each<[string, MemcachedCommand]>([
    ['a wrong password', sasl('', 'shop', 'second-password')],
    [
      'another mechanism',
      { kind: 'sasl-start', mechanism: 'CRAM-MD5', credentials: Buffer.from('\0shop\0first-password') },
    ],
    [
      'a second step, which PLAIN does not have',
      { kind: 'sasl-step', mechanism: 'PLAIN', credentials: Buffer.alloc(0) },
    ],
  ])('is turned away with %s', (_, command) => {
    const { desk, fixture } = open({ users: USERS });
    expect(desk.answer(command, BINARY)).toEqual({ kind: 'auth-failed' });
    expect(desk.isTurnedAway).toBe(true);
    expect(fixture.counts.tally.auth_errors).toBe(1);
    expect(fixture.logins).toEqual(['refused']);
  });

  test('in the text protocol says it with a set, as to memcached', async () => {
    const { desk, fixture } = open({ users: USERS });
    fixture.sessions.script = () => answered({ kind: 'miss' });
    expect(desk.answer(read('k'), TEXT)).toEqual({ kind: 'auth-required' });
    expect(desk.answer({ kind: 'version' }, TEXT)).toEqual({ kind: 'auth-required' });
    expect(desk.answer(store('add', 'k', 'shop first-password'), TEXT)).toEqual({ kind: 'auth-required' });
    expect(desk.isTurnedAway).toBe(false);
    expect(desk.answer(store('set', 'any', 'shop first-password'), TEXT)).toEqual({ kind: 'authenticated' });
    expect(await desk.answer(read('k'), TEXT)).toEqual({ kind: 'miss' });
    expect(fixture.sessions.asked).toHaveLength(1);
  });

  test('in the text protocol is turned away with a wrong password', () => {
    const { desk } = open({ users: USERS });
    expect(desk.answer(store('set', 'any', 'shop wrong-password'), TEXT)).toEqual({ kind: 'auth-failed' });
    expect(desk.isTurnedAway).toBe(true);
  });

  test.each([
    ['binary', sasl('', 'shop', 'second-password'), BINARY],
    ['text', store('set', 'any', 'shop second-password'), TEXT],
  ])('and guesses wrong in the %s protocol is told late, and not heard meanwhile', async (_, guess, shape) => {
    const { desk, fixture } = open({ users: USERS });
    let release = (): void => undefined;
    fixture.slowed = new Promise((resolve) => (release = resolve));
    let told: MemcachedReply | undefined;
    void Promise.resolve(desk.answer(guess, shape)).then((reply) => (told = reply));
    await settled();
    expect([told, desk.isTurnedAway]).toEqual([undefined, true]);
    release();
    await settled();
    expect(told).toEqual({ kind: 'auth-failed' });
  });

  test('is turned away at the head of a value that no password is as long as', () => {
    const { desk, fixture } = open({ users: USERS });
    expect(desk.answer({ kind: 'oversized', key: 'any' }, TEXT)).toEqual({ kind: 'auth-failed' });
    expect(desk.isTurnedAway).toBe(true);
    expect(fixture.logins).toEqual(['refused']);
  });

  test('is a stranger until it has', () => {
    const { desk } = open({ users: USERS });
    expect(desk.isStranger).toBe(true);
    void desk.answer(store('set', 'any', 'shop first-password'), TEXT);
    expect(desk.isStranger).toBe(false);
    expect(open().desk.isStranger).toBe(false);
  });

  test('where it need not, may nevertheless', () => {
    const { desk } = open({ users: USERS });
    expect(desk.answer(sasl('', 'shop', 'first-password'), BINARY)).toEqual({ kind: 'authenticated' });
  });
});
