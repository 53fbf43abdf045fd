import { describe, expect, test } from 'vitest';
import { classOf, isWaitingClass, placesOf, placesOfAll, TRAFFIC_CLASSES } from '../../../src/mesh/traffic-class.ts';

const IN_FLIGHT = 256;

describe('the class of a request', () => {
  test.each([
    ['probe', ['ping']],
    ['control', ['accuse', 'join', 'hold', 'release', 'goodbye', 'pause']],
    ['bulk', ['collect']],
    ['execute', ['execute']],
  ] as const)('%s: %j', (trafficClass, kinds) => {
    expect(kinds.map((kind) => classOf({ kind }))).toEqual(kinds.map(() => trafficClass));
  });

  test('has places of its own on a link, and the accepting node reads as many requests as all of them', () => {
    const places = TRAFFIC_CLASSES.map((one) => placesOf(one, IN_FLIGHT));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(placesOfAll(IN_FLIGHT)).toBe(places.reduce((sum, one) => sum + one, 0));
    expect(placesOf('execute', IN_FLIGHT)).toBe(IN_FLIGHT);
  });

  test('says whether it waits for room: what keeps the nodes in touch does not', () => {
    expect(TRAFFIC_CLASSES.filter((one) => isWaitingClass(one))).toEqual(['bulk', 'execute']);
  });
});
