import { beforeAll, describe, expect, test } from 'vitest';
import { IS_MESH } from './doors.ts';
import { rack } from './session-applications.ts';
import { describeOverlap, describeSessions } from './session-rules.ts';
import { Site } from './site.ts';

const kind = rack();
describeSessions(kind);
describeOverlap(kind);

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
