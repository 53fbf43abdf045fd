import { expect, test } from 'vitest';
import { SingleFlight } from '../../../src/routing/single-flight.ts';

test('those who want the same thing at the same time share one piece of work; different things do not wait', async () => {
  const flights = new SingleFlight<number>();
  let land: (result: number) => void = () => undefined;
  let begun = 0;
  const work = (): Promise<number> => {
    begun += 1;
    return new Promise((resolve) => (land = resolve));
  };
  const shared = [flights.do('x', work), flights.do('x', work), flights.do('x', work)];
  await expect(flights.do('y', () => Promise.resolve(2))).resolves.toBe(2);
  land(1);
  await expect(Promise.all(shared)).resolves.toEqual([1, 1, 1]);
  expect(begun).toBe(1);
});

test('whoever comes after the landing begins anew', async () => {
  const flights = new SingleFlight<number>();
  await expect(flights.do('x', () => Promise.resolve(1))).resolves.toBe(1);
  await expect(flights.do('x', () => Promise.resolve(2))).resolves.toBe(2);
});

test('a failure is shared by those who flew with it, and does not stay', async () => {
  const flights = new SingleFlight<number>();
  const fail = (): Promise<number> => Promise.reject(new RangeError('on purpose'));
  const shared = [flights.do('x', fail), flights.do('x', () => Promise.resolve(1))];
  const outcomes = await Promise.allSettled(shared);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(flights.do('x', () => Promise.resolve(2))).resolves.toBe(2);
});
