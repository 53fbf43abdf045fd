import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Complaints } from '../../../src/mesh/complaints.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const WARN = 40;

function setUp(): { clock: FakeClock; complaints: Complaints; warnings: () => string[] } {
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const warnings = (): string[] =>
    lines
      .map((line) => JSON.parse(line) as { level: number; msg: string })
      .filter(({ level }) => level === WARN)
      .map(({ msg }) => msg);
  return { clock, complaints: new Complaints(clock, log), warnings };
}

test('the same complaint about the same caller is a warning once a minute', () => {
  const { clock, complaints, warnings } = setUp();
  for (let i = 0; i < 120; i++) {
    complaints.warn('b', 'wrong-secret', `knocked ${i} times`, {});
    clock.advance(1000);
  }
  expect(warnings()).toEqual(['knocked 0 times', 'knocked 60 times']);
});

test('another reason, or another caller, is a warning at once', () => {
  const { complaints, warnings } = setUp();
  complaints.warn('b', 'wrong-secret', '', {});
  complaints.warn('b', 'wrong-map', '', {});
  complaints.warn('c', 'wrong-secret', '', {});
  expect(warnings()).toHaveLength(3);
});

test('a crowd of callers does not fill the memory: the oldest is forgotten', () => {
  const { complaints, warnings } = setUp();
  for (let caller = 0; caller < 257; caller++) complaints.warn(`caller ${caller}`, 'garbage', '', {});
  complaints.warn('caller 256', 'garbage', '', {});
  expect(warnings()).toHaveLength(257);
  complaints.warn('caller 0', 'garbage', '', {});
  expect(warnings()).toHaveLength(258);
});
