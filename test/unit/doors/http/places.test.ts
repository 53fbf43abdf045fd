import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { PROBE_PLACES } from '../../../../src/config/open-files.ts';
import { HttpPlaces } from '../../../../src/doors/http/places.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function fullDoor(): { places: HttpPlaces; clock: FakeClock; refused: () => number } {
  const clock = new FakeClock();
  let refused = 0;
  const places = new HttpPlaces({ limit: 1, clock, full: { refused: () => void (refused += 1) } });
  places.enter(new Socket());
  return { places, clock, refused: () => refused };
}

function enter(places: HttpPlaces): Socket {
  const socket = new Socket();
  places.enter(socket);
  return socket;
}

test('S6: beyond its limit a door keeps the latest few connections, and counts those that give way', () => {
  const { places, refused } = fullDoor();
  const extra = Array.from({ length: PROBE_PLACES + 3 }, () => enter(places));
  expect(extra.map(({ destroyed }) => destroyed)).toEqual(extra.map((_, at) => at < 3));
  expect(refused()).toBe(3);
});

test('S6: a place beyond the limit is nobody’s for longer than two seconds', () => {
  const { clock, places, refused } = fullDoor();
  const extra = enter(places);
  clock.advance(1999);
  expect(extra.destroyed).toBe(false);
  clock.advance(1);
  expect(extra.destroyed).toBe(true);
  expect(refused()).toBe(1);
  expect(clock.pending).toBe(0);
});
