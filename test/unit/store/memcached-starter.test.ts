import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import {
  findFormerMemcached,
  type FormerMemcached,
  type WantedMemcached,
} from '../../../src/store/memcached-starter.ts';
import type { MemcachedRecord, ReadRecord } from '../../../src/store/memcached-state-file.ts';
import { readProcess, type ProcessIdentity } from '../../../src/store/process-identity.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedMemcached } from '../../support/scripted-memcached.ts';

/** This very process stands for every process that has to be alive. */
const SELF = readProcess(process.pid);
const ARGS = SELF?.commandLine ?? [];

const SILENT_AFTER_MS = 30_000;

function alive(): ProcessIdentity {
  if (SELF === undefined) throw new Error('there is no /proc here');
  return SELF.identity;
}

function dead(): ProcessIdentity {
  return { ...alive(), startedTicks: '1' };
}

function wanted({ dial }: ScriptedMemcached, clock: FakeClock): WantedMemcached {
  const log = pino({ level: 'silent' });
  return { daemon: alive(), dial, clock, log, silentAfterMs: SILENT_AFTER_MS };
}

async function find(
  record: Partial<MemcachedRecord> | Exclude<ReadRecord['kind'], 'found'>,
  mode: ScriptedMemcached['mode'] = 'answering',
): Promise<FormerMemcached> {
  const read: ReadRecord =
    typeof record === 'string'
      ? { kind: record }
      : { kind: 'found', record: { memcached: alive(), program: 'memcached', args: ARGS, ...record } };
  const memcached = new ScriptedMemcached();
  memcached.mode = mode;
  const clock = new FakeClock();
  const found = findFormerMemcached(read, wanted(memcached, clock));
  await clock.advanceSettling(SILENT_AFTER_MS);
  return found;
}

describe('what a former daemon left', () => {
  test('without a state file is nothing', async () => {
    expect(await find('none')).toEqual({ kind: 'none' });
  });

  test('is usable if it is the same process and answers', async () => {
    const found = await find({});
    expect(found.kind).toBe('usable');
  });

  test('is gone if its process is dead, and not another one with that pid', async () => {
    expect((await find({ memcached: dead() })).kind).toBe('gone');
  });

  test('is gone if its process is not the one that was written down, by its command line', async () => {
    expect((await find({ args: [...ARGS, '-s', '/run/maglia/memcached.sock'] })).kind).toBe('gone');
  });

  test('is gone after a restart of the machine', async () => {
    expect((await find({ memcached: { ...alive(), bootId: 'another' } })).kind).toBe('gone');
  });

  test('is gone if nobody can tell what it was', async () => {
    expect((await find('unreadable')).kind).toBe('gone');
  });

  test('is usable whatever it was started with, as ending it would drop every session', async () => {
    expect((await find({ args: ARGS.slice(0, -1) })).kind).toBe('usable');
    expect((await find({ program: '/opt/memcached' })).kind).toBe('usable');
  });

  test('is unusable without an answer', async () => {
    expect((await find({}, 'frozen')).kind).toBe('unusable');
    expect((await find({}, 'refusing')).kind).toBe('unusable');
  });

  test('is waited for while it is silent, as one that runs would be, and is usable when it thaws', async () => {
    const memcached = new ScriptedMemcached();
    memcached.mode = 'frozen';
    const clock = new FakeClock();
    const record = { memcached: alive(), program: 'memcached', args: ARGS };
    const found = findFormerMemcached({ kind: 'found', record }, wanted(memcached, clock));
    await clock.advanceSettling(SILENT_AFTER_MS - 1_000);
    memcached.thaw();
    expect((await found).kind).toBe('usable');
  });

  test('is unusable past that, and why says for how long it was silent', async () => {
    expect(await find({}, 'frozen')).toMatchObject({ kind: 'unusable', why: 'it has not answered for 30 s' });
  });

  test('is not waited for where nobody listens on its socket', async () => {
    const memcached = new ScriptedMemcached();
    memcached.mode = 'refusing';
    const record = { memcached: alive(), program: 'memcached', args: ARGS };
    const found = findFormerMemcached({ kind: 'found', record }, wanted(memcached, new FakeClock()));
    expect(await found).toMatchObject({ kind: 'unusable', why: 'nobody listens on its socket' });
  });

  test('is taken while the daemon that looks after it is alive, and free once that is dead', async () => {
    expect(await find({ daemon: alive() })).toEqual({ kind: 'taken', daemonPid: process.pid });
    expect((await find({ daemon: dead() })).kind).toBe('usable');
  });
});
