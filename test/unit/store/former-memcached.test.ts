import { describe, expect, test } from 'vitest';
import { findFormerMemcached, type FormerMemcached } from '../../../src/store/former-memcached.ts';
import type { MemcachedRecord, ReadRecord } from '../../../src/store/memcached-state-file.ts';
import { readProcess, type ProcessIdentity } from '../../../src/store/process-identity.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedMemcached, settled } from '../../support/scripted-memcached.ts';

/** This very process stands for every process that has to be alive. */
const SELF = readProcess(process.pid);
const ARGS = SELF?.commandLine ?? [];

function alive(): ProcessIdentity {
  if (SELF === undefined) throw new Error('there is no /proc here');
  return SELF.identity;
}

function dead(): ProcessIdentity {
  return { ...alive(), startedTicks: '1' };
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
  const { dial } = memcached;
  const found = findFormerMemcached(read, { daemon: alive(), dial, clock });
  await settled();
  clock.advance(3_000);
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

  test('is taken while the daemon that looks after it is alive, and free once that is dead', async () => {
    expect(await find({ daemon: alive() })).toEqual({ kind: 'taken', daemonPid: process.pid });
    expect((await find({ daemon: dead() })).kind).toBe('usable');
  });
});
