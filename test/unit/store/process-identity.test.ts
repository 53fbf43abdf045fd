import { describe, expect, test } from 'vitest';
import { isAlive, isSameProcess, parseStat, readProcess } from '../../../src/store/process-identity.ts';

const FIELDS_AFTER_STATE = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 5551212 20';

describe('the identity of a process', () => {
  test.each([
    ['a plain name', '42 (memcached)'],
    ['a name with brackets and spaces', '42 (a) S (b c) d)'],
  ])('is read from /proc with %s', (_, start) => {
    expect(parseStat(`${start} S ${FIELDS_AFTER_STATE}`)).toEqual({ startedTicks: '5551212', isDead: false });
  });

  test.each(['Z', 'X'])('a process in state %s is dead, only not reaped', (state) => {
    expect(parseStat(`42 (memcached) ${state} ${FIELDS_AFTER_STATE}`)?.isDead).toBe(true);
  });

  test.each([
    '',
    '42',
    '42 (memcached)',
    '42 (memcached) S 1 2 3',
    `42 (x) S ${FIELDS_AFTER_STATE.replace('5551212', '-1')}`,
  ])('text that is no such line is none: %j', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });

  test('is the pid together with its start and the boot', () => {
    const one = { pid: 42, startedTicks: '7', bootId: 'b' };
    expect(isSameProcess(one, { ...one })).toBe(true);
    expect(isSameProcess(one, { ...one, pid: 43 })).toBe(false);
    expect(isSameProcess(one, { ...one, startedTicks: '8' })).toBe(false);
    expect(isSameProcess(one, { ...one, bootId: 'c' })).toBe(false);
  });

  test('of this very process can be read, and an earlier one with its pid is not alive', () => {
    const self = readProcess(process.pid);
    expect(self?.commandLine.length).toBeGreaterThan(0);
    if (self === undefined) return;
    expect(isAlive(self.identity)).toBe(true);
    expect(isAlive({ ...self.identity, startedTicks: '1' })).toBe(false);
  });

  test('of a pid that nobody has is none', () => {
    expect(readProcess(2 ** 30)).toBeUndefined();
  });
});
