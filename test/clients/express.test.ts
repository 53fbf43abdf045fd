import { describe, expect, test } from 'vitest';
import { IS_MESH } from './doors.ts';
import { express } from './session-applications.ts';
import { describeOverlap, describeSessions } from './session-rules.ts';
import { Site } from './site.ts';

const STORES = ['connect-memcached', 'connect-memjs'] as const;

for (const store of STORES) {
  describeSessions(express(store));
  describeOverlap(express(store));
}

describe.each(STORES)('Express, %s', (store) => {
  test('without a prefix, as it comes, a counter goes up whichever host answers', async () => {
    const site = await Site.open(express(store, { prefix: '' }));
    try {
      const guest = site.guest();
      for (let n = 0; n < 9; n += 1) {
        expect((await guest.visit(site.turn(n), '/count')).body).toMatchObject({ counter: n + 1 });
      }
    } finally {
      await site.close();
    }
  });

  test.runIf(IS_MESH)('with a genid of its own, each host makes sessions that it owns', async () => {
    const site = await Site.open(express(store, { hasGenid: true }));
    try {
      for (let n = 0; n < 12; n += 1) {
        const guest = site.guest();
        await guest.visit(site.turn(n), '/count');
        expect(guest.sureId.slice(0, 1)).toBe(site.turn(n).letter);
        expect((await guest.visit(site.turn(n + 1), '/count')).body).toMatchObject({ counter: 2 });
      }
    } finally {
      await site.close();
    }
  });
});
