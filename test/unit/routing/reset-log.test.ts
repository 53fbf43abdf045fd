import { describe, expect, test } from 'vitest';
import { ResetLog } from '../../../src/routing/reset-log.ts';
import type { ResetReason } from '../../../src/session/record.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { logInto, type LogLine } from '../membership/membership-setup.ts';

function setUp(): { clock: FakeClock; lines: LogLine[]; note: (reason: ResetReason, times: number) => void } {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const resets = new ResetLog(clock, logInto(lines));
  return {
    clock,
    lines,
    note(reason, times) {
      for (let at = 0; at < times; at += 1) resets.note(`a${'0'.repeat(26)}`, reason);
    },
  };
}

describe('S9 explained: the log of resets', () => {
  test('has a line for each, with a shortened id and the reason', () => {
    const { lines, note } = setUp();
    note('expired', 3);
    expect(lines.map(({ id, reason, msg }) => ({ id, reason, msg }))).toEqual(
      Array(3).fill({ id: 'a0000…', reason: 'expired', msg: 'session is gone' }),
    );
  });

  test.each(['unknown', 'malformed'] as const)(
    'has ten lines a minute for ids that anybody can make up: %s',
    (reason) => {
      const { clock, lines, note } = setUp();
      note(reason, 2000);
      expect(lines).toHaveLength(10);
      clock.advance(60_000);
      expect(lines.at(-1)).toMatchObject({ reason, more: 1990, msg: 'and 1990 more sessions are gone' });
      note(reason, 1);
      expect(lines).toHaveLength(12);
    },
  );

  test('counts each reason for itself, and a thousand lines a minute for those that tell of real sessions', () => {
    const { clock, lines, note } = setUp();
    note('owner-dead', 1500);
    note('unknown', 1);
    expect(lines).toHaveLength(1001);
    clock.advance(60_000);
    expect(lines.slice(1001).map(({ more }) => more)).toEqual([500]);
  });
});
