import { describe, expect, test } from 'vitest';
import { lifeOf, LONGEST_SPAN_SECONDS } from '../../../../../src/doors/memcached/protocol/exptime.ts';

const NOW_MS = 1_700_000_000_900;

describe('an exptime', () => {
  test.each([
    ['0 is for ever', 0, { kind: 'unlimited' }],
    ['a negative one is over', -1, { kind: 'over' }],
    ['up to 30 days it is a span', 1440, { kind: 'limited', seconds: 1440 }],
    ['30 days are a span', LONGEST_SPAN_SECONDS, { kind: 'limited', seconds: 2592000 }],
    ['a second more is a moment in 1970', LONGEST_SPAN_SECONDS + 1, { kind: 'over' }],
    ['a moment to come leaves the time until then', 1_700_000_060, { kind: 'limited', seconds: 60 }],
    ['a moment that is now is over', 1_700_000_000, { kind: 'over' }],
    ['-1 that was sent without its sign is over', 0xffffffff, { kind: 'over' }],
    ['-10 that was sent without its sign is over', 0xfffffff6, { kind: 'over' }],
    ['30 days back, sent without the sign, are over', 2 ** 32 - LONGEST_SPAN_SECONDS, { kind: 'over' }],
    [
      'a second before that it is the last moment there is, in 2106',
      2 ** 32 - LONGEST_SPAN_SECONDS - 1,
      { kind: 'limited', seconds: 2592375295 },
    ],
  ])('%s', (_rule, exptime, life) => {
    expect(lifeOf(exptime, NOW_MS)).toEqual(life);
  });
});
