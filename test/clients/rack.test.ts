import { beforeAll, describe, expect, test } from 'vitest';
import { Visitor } from '../support/visitor.ts';
import { IS_MESH } from './doors.ts';
import { rack } from './session-applications.ts';
import { describeOverlap, describeSessions } from './session-rules.ts';
import { Site } from './site.ts';

const kind = rack();
describeSessions(kind);
describeOverlap(kind);

describe(`${kind.name}, a cookie that no session can have`, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open(kind);
    return () => site.close();
  });

  test.each(['a%20b', '%01x', '%0d%0adelete%20x', '%C3%A9', '%FF%FE', 'a'.repeat(300), '%7f', '%00', '%09'])(
    '%s is followed by a session of its own, which is kept',
    async (cookie) => {
      const visitor = new Visitor();
      visitor.setCookie(kind.cookie, cookie);
      const guest = site.guest(visitor);
      const counters: unknown[] = [];
      for (let page = 0; page < 3; page += 1) {
        const { status, text, body } = await guest.visit(site.turn(page), '/count');
        expect(status, text).toBe(200);
        counters.push(body['counter']);
      }
      expect(counters).toEqual([1, 2, 3]);
    },
  );
});

describe(`${kind.name}, steering`, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open(kind);
    return () => site.close();
  });

  test.runIf(IS_MESH)('50 sessions that are made on b are all owned by b', async () => {
    const guests = Array.from({ length: 50 }, () => site.guest());
    for (const guest of guests) await guest.visit(site.host('b'), '/count');
    expect(guests.map(({ sureId }) => sureId).filter((id) => site.ownerOf(id) !== 'b')).toEqual([]);
  });
});
