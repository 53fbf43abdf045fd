import { pino } from 'pino';
import { expect, test } from 'vitest';
import { FullDoor } from '../../../../src/doors/kit/full-door.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

test('a full door counts each connection that it closes, and says so once a minute', () => {
  const clock = new FakeClock();
  const lines: { count: number; msg: string }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  let counted = 0;
  const full = new FullDoor({
    ...{ door: 'memcached', limit: 16, option: 'limits.clients', clock },
    metrics: { count: (_name, _labels, by?: number) => void (counted += by ?? 1) },
    log,
  });
  for (let second = 0; second < 120; second += 1) {
    full.refused();
    clock.advance(1000);
  }
  expect(counted).toBe(120);
  expect(lines).toMatchObject([{ count: 1 }, { count: 60, limit: 16 }]);
  expect(lines[0]?.msg).toContain('limits.clients');
});
