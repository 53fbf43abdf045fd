import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreStartError } from '../../../src/errors.ts';
import { MemcachedStateFile, parseRecord, type MemcachedRecord } from '../../../src/store/memcached-state-file.ts';

const IDENTITY = { pid: 42, startedTicks: '5551212', bootId: '0f8f-11' };
const RECORD: MemcachedRecord = {
  memcached: IDENTITY,
  program: 'memcached',
  args: ['-s', '/run/maglia/memcached.sock'],
  daemon: { ...IDENTITY, pid: 41 },
};

let directory: string;
let file: MemcachedStateFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'maglia-state-'));
  file = new MemcachedStateFile(directory);
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('the state file', () => {
  test('gives back what was written, with and without a daemon', async () => {
    await file.write(RECORD);
    expect(file.read()).toEqual({ kind: 'found', record: RECORD });
    const { memcached, program, args } = RECORD;
    await file.write({ memcached, program, args });
    expect(file.read()).toEqual({ kind: 'found', record: { memcached, program, args } });
  });

  test('that cannot be written is named, with its directory and what to do', async () => {
    rmSync(directory, { recursive: true });
    const written = file.write(RECORD);
    await expect(written).rejects.toThrow(StoreStartError);
    await expect(written).rejects.toThrow(`${file.path} cannot be written (ENOENT`);
    await expect(written).rejects.toThrow(`make room in ${directory}, or set another runtimeDirectory`);
    mkdirSync(directory);
  });

  test('is readable by its owner only, and leaves no draft behind', async () => {
    await file.write(RECORD);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['memcached.json']);
  });

  test('that is missing is none, also after it was removed twice', async () => {
    expect(file.read()).toEqual({ kind: 'none' });
    await file.write(RECORD);
    file.remove();
    file.remove();
    expect(file.read()).toEqual({ kind: 'none' });
  });

  test('that was cut off is unreadable, at whatever point', () => {
    const whole = JSON.stringify({ format: 1, ...RECORD });
    for (let at = 0; at < whole.length; at += 1) {
      writeFileSync(file.path, whole.slice(0, at));
      expect(file.read()).toEqual({ kind: 'unreadable' });
    }
  });

  test.each([
    ['another format', { format: 2, ...RECORD }],
    ['a pid that is a group', { format: 1, ...RECORD, memcached: { ...IDENTITY, pid: -1 } }],
    ['the pid of init', { format: 1, ...RECORD, memcached: { ...IDENTITY, pid: 1 } }],
    ['a pid in words', { format: 1, ...RECORD, memcached: { ...IDENTITY, pid: '42' } }],
    ['arguments that are no text', { format: 1, ...RECORD, args: [1] }],
    ['half a daemon', { format: 1, ...RECORD, daemon: { pid: 41 } }],
    ['no program', { format: 1, memcached: IDENTITY, args: [] }],
    ['a list', [RECORD]],
    ['null', null],
  ])('with %s is not trusted', (_, json) => {
    expect(parseRecord(JSON.stringify(json))).toBeUndefined();
  });
});
