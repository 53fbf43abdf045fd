import { describe, expect, test } from 'vitest';
import { StoreStartError } from '../../../src/errors.ts';
import { memcachedArguments, type MemcachedShape } from '../../../src/store/memcached-arguments.ts';

const SHAPE: MemcachedShape = { socketPath: '/run/maglia/memcached.sock', megabytes: 64, maxRecordBytes: 1_052_672 };

function valueOf(flag: string, shape: MemcachedShape = SHAPE): string | undefined {
  const args = memcachedArguments(shape);
  return args[args.indexOf(flag) + 1];
}

describe('the command line of memcached', () => {
  test('listens on a unix socket that only its user can reach, and on no network (S7)', () => {
    const args = memcachedArguments(SHAPE);
    expect([valueOf('-s'), valueOf('-a'), valueOf('-U')]).toEqual(['/run/maglia/memcached.sock', '600', '0']);
    for (const network of ['-p', '-l']) expect(args).not.toContain(network);
  });

  test('keeps one thread, which works off its connections in order (S1)', () => {
    expect(valueOf('-t')).toBe('1');
    expect(Number(valueOf('-R'))).toBeGreaterThan(10_000);
  });

  test('names a user only where there is one to name', () => {
    expect(memcachedArguments(SHAPE)).not.toContain('-u');
    expect(valueOf('-u', { ...SHAPE, asUser: 'root' })).toBe('root');
  });

  test.each([
    [1, 1_048_576],
    [1_048_576 - 500, 1_048_576],
    [1_048_576, 1_572_864],
    [1_048_576 + 4_096, 1_572_864],
    [8 * 1_048_576 + 4_096, 8_912_896],
  ])('a record of %d bytes needs items of %d, a multiple of 512 KiB with room for key and header', (record, item) => {
    expect(valueOf('-I', { ...SHAPE, maxRecordBytes: record })).toBe(String(item));
  });

  test('refuses a memory in which memcached would not hold such records, and says how much it takes', () => {
    expect(() => memcachedArguments({ ...SHAPE, megabytes: 2 })).toThrow(StoreStartError);
    expect(() => memcachedArguments({ ...SHAPE, megabytes: 2 })).toThrow('needs 3');
    expect(() => memcachedArguments({ ...SHAPE, megabytes: 3 })).not.toThrow();
    expect(() => memcachedArguments({ ...SHAPE, megabytes: 1, maxRecordBytes: 100 })).toThrow('needs 2');
  });

  test('refuses a socket path that is longer than the system takes, counted in bytes', () => {
    const path = (length: number): MemcachedShape => ({ ...SHAPE, socketPath: `/${'x'.repeat(length - 1)}` });
    expect(() => memcachedArguments(path(107))).not.toThrow();
    expect(() => memcachedArguments(path(108))).toThrow('runtimeDirectory');
    expect(() => memcachedArguments({ ...SHAPE, socketPath: `/${'é'.repeat(54)}` })).toThrow(StoreStartError);
  });
});
