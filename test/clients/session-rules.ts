import { beforeAll, describe, expect, test } from 'vitest';
import { buildGate } from '../support/gate.ts';
import type { SessionApplication } from './session-applications.ts';
import { IS_MESH } from './doors.ts';
import { Site, type Guest } from './site.ts';

/** After this the stock clients give up. A daemon's own deadlines are shorter, so that its answers come before that. */
const CLIENT_PATIENCE_MS = 750;

const ROUND_ROBIN_REQUESTS = 30;

/**
 * What a page may take whose session is lost: as long as a first visit here and now, for it draws a new id as well, and one
 * wait for the owner.
 */
export async function longestFreshStartMs(site: Site): Promise<number> {
  const guests = Array.from({ length: 6 }, () => site.guest());
  const pages = await Promise.all(guests.map((guest, n) => guest.visit(site.turn(n), '/count')));
  return CLIENT_PATIENCE_MS + Math.max(...pages.map(({ tookMs }) => tookMs));
}

/** What a site on several hosts may expect, whatever it is written in. */
export function describeSessions(kind: SessionApplication): void {
  describe(kind.name, () => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.open(kind);
      return () => site.close();
    });

    test('a counter in the session goes up by one on each request, whichever host answers', async () => {
      const guest = site.guest();
      const counters: unknown[] = [];
      for (let n = 0; n < ROUND_ROBIN_REQUESTS; n += 1) {
        const page = await guest.visit(site.turn(n), '/count');
        expect(page.status, page.text).toBe(200);
        counters.push(page.body['counter']);
      }
      expect(counters).toEqual(Array.from({ length: ROUND_ROBIN_REQUESTS }, (_, n) => n + 1));
    });

    test('S0: visitors who come at the same time have a counter each', async () => {
      const guests = Array.from({ length: 8 }, () => site.guest());
      const browse = async (guest: Guest, at: number): Promise<unknown[]> => {
        const counters: unknown[] = [];
        for (let n = 0; n <= at; n += 1)
          counters.push((await guest.visit(site.turn(at + n), '/count')).body['counter']);
        return counters;
      };
      const seen = await Promise.all(guests.map(browse));
      expect(seen).toEqual(guests.map((_, at) => Array.from({ length: at + 1 }, (_none, n) => n + 1)));
      expect(new Set(guests.map(({ id }) => id)).size).toBe(guests.length);
    });

    test('a page that only reads leaves the session as it is', async () => {
      const guest = site.guest();
      await guest.visit(site.turn(0), '/count');
      expect((await guest.visit(site.turn(1), '/read')).body['counter']).toBe(1);
      expect((await guest.visit(site.turn(2), '/read')).body['counter']).toBe(1);
      expect((await guest.visit(site.turn(0), '/count')).body['counter']).toBe(2);
    });

    test('a new id at login keeps the counter, and the old id is dead on every host', async () => {
      const guest = site.guest();
      await guest.visit(site.turn(0), '/count');
      const thief = guest.twin();
      const before = guest.sureId;

      const login = await guest.visit(site.turn(1), '/regenerate');
      expect(login.body).toMatchObject({ counter: 1 });
      expect(guest.sureId).not.toBe(before);
      expect((await guest.visit(site.turn(2), '/count')).body['counter']).toBe(2);

      for (const host of site.hosts) {
        const page = await thief.twin().visit(host, '/read');
        expect(page.status, page.text).toBe(200);
        expect(page.body['counter']).toBe(0);
      }
    });

    test('after a logout every host gives a fresh session', async () => {
      const guest = site.guest();
      await guest.visit(site.turn(0), '/count');
      const otherTab = guest.twin();
      expect((await guest.visit(site.turn(1), '/destroy')).status).toBe(200);
      for (const host of site.hosts) expect((await otherTab.twin().visit(host, '/read')).body['counter']).toBe(0);
      const page = await otherTab.visit(site.turn(2), '/count');
      expect(page.status, page.text).toBe(200);
      expect(page.body['counter']).toBe(1);
    });
  });

  describe(`${kind.name}, a host dies`, () => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.open(kind, { hasUsualTimings: true });
      return () => site.close();
    });

    test('its visitors get a fresh session under a new id, in time and without an error page', async () => {
      const orphans = await site.guestsOwnedBy('b', 4);
      const others = IS_MESH ? [...(await site.guestsOwnedBy('a', 2)), ...(await site.guestsOwnedBy('c', 2))] : [];
      const before = [...orphans, ...others].map(({ sureId }) => sureId);
      const longestMs = await longestFreshStartMs(site);
      const survivors = await site.lose('b');
      const survivor = (n: number): (typeof survivors)[number] => survivors[n % survivors.length] ?? site.turn(0);

      const first = await Promise.all(orphans.map((guest, n) => guest.visit(survivor(n), '/count')));
      const freshIds = orphans.map(({ sureId }) => sureId);
      for (const page of first) {
        expect(page.status, page.text).toBe(200);
        expect(page.body['counter']).toBe(1);
        expect(page.tookMs).toBeLessThan(longestMs);
      }
      expect(freshIds.filter((id) => before.includes(id))).toEqual([]);
      expect(new Set(freshIds).size).toBe(orphans.length);

      const second = await Promise.all(orphans.map((guest, n) => guest.visit(survivor(n + 1), '/count')));
      expect(second.map(({ body }) => body['counter'])).toEqual(orphans.map(() => 2));
      expect(orphans.map(({ sureId }) => sureId)).toEqual(freshIds);

      const untouched = await Promise.all(others.map((guest, n) => guest.visit(survivor(n), '/count')));
      expect(untouched.map(({ body }) => body['counter'])).toEqual(others.map(() => 3));
    });
  });
}

/** For kinds whose requests of one visitor do not wait for each other. */
export function describeOverlap(kind: SessionApplication): void {
  describe(`${kind.name}, a logout while another page is at work`, () => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.open(kind);
      return () => site.close();
    });

    // A plain memcached takes the late write: that is the fault that S5 is about.
    test.runIf(IS_MESH)('S5: what the slower page writes afterwards does not bring the session back', async () => {
      const gate = await buildGate();
      try {
        const guest = site.guest();
        await guest.visit(site.turn(0), '/count');
        const otherTab = guest.twin();
        const later = guest.twin();
        const slow = otherTab.visit(site.turn(1), `/slow?gate=${encodeURIComponent(gate.url)}`);
        await gate.arrived;
        expect((await guest.visit(site.turn(2), '/destroy')).status).toBe(200);
        gate.open();
        await slow.catch(() => undefined);

        for (const host of site.hosts) {
          const page = await later.twin().visit(host, '/read');
          expect(page.status, page.text).toBe(200);
          expect(page.body['counter']).toBe(0);
        }
      } finally {
        await gate.close();
      }
    });
  });
}
