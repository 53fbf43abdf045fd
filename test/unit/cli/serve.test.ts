import { expect, test } from 'vitest';
import { daemonLog, warnOfRoot } from '../../../src/cli/serve.ts';
import { loggable } from '../../../src/session/loggable.ts';
import { letter } from '../../support/mesh-messages.ts';

test.each<[string, (error: Error) => unknown]>([
  ['made loggable where it was caught', loggable],
  ['as it is', (error) => error],
])('S9 an error in the log, %s, has its own type, its causes, and no session id', (_, how) => {
  const lines: { err: { type: string; message: string; stack: string } }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const log = daemonLog({ letter: letter('a'), log: { level: 'info' } }, { write });
  const id = `b${'0123456789'.repeat(3).slice(0, 26)}`;
  const error = new RangeError(`no room for ${id}`, { cause: new TypeError(`because of ${id}`) });
  log.error({ err: how(error) }, 'a request failed');
  expect(lines[0]?.err.type).toBe('RangeError');
  expect(lines[0]?.err.stack).toContain('caused by: TypeError: because of b0123');
  expect(JSON.stringify(lines)).not.toContain(id);
});

function warningsFor(userId: number | undefined): unknown[] {
  const warned: unknown[] = [];
  warnOfRoot(userId, { warn: (text: unknown) => void warned.push(text) });
  return warned;
}

test('a daemon that is root is told to have a user of its own, and no other is told anything', () => {
  expect(warningsFor(0)).toEqual([expect.stringContaining('a user of its own')]);
  expect(warningsFor(1000)).toEqual([]);
  expect(warningsFor(undefined)).toEqual([]);
});
