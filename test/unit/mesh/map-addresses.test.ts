import { describe, expect, test } from 'vitest';
import { networkOf, plainAddress } from '../../../src/listening/caller-address.ts';
import { MapAddresses } from '../../../src/mesh/map-addresses.ts';
import { LetterMap } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letter } from '../../support/mesh-messages.ts';

const MAP = new LetterMap(
  new Map([
    [letter('a'), { host: '10.0.0.1', port: 1 }],
    [letter('b'), { host: 'b.internal', port: 1 }],
    [letter('c'), { host: 'c.internal', port: 1 }],
  ]),
);

function setUp(): {
  clock: FakeClock;
  addresses: MapAddresses;
  names: Map<string, readonly string[]>;
  asked: string[];
} {
  const clock = new FakeClock();
  const names = new Map<string, readonly string[]>([['b.internal', ['10.0.0.2', 'FD00::2']]]);
  const asked: string[] = [];
  const resolve = (host: string): Promise<readonly string[]> => {
    asked.push(host);
    return Promise.resolve(names.get(host) ?? []);
  };
  return { clock, names, asked, addresses: new MapAddresses({ map: MAP, resolve, clock }) };
}

describe('the addresses of the map', () => {
  test('are those that it says itself, from the start, and those of its names', async () => {
    const { addresses, clock, asked } = setUp();
    expect([addresses.has('10.0.0.1'), addresses.has('10.0.0.2')]).toEqual([true, false]);
    addresses.open();
    await clock.advanceSettling(0);
    expect([addresses.has('10.0.0.2'), addresses.has('fd00::2'), addresses.has('10.0.0.3')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(asked).toEqual(['b.internal', 'c.internal']);
  });

  test('follow a name to its new address, and outlive a resolver that knows nothing', async () => {
    const { addresses, clock, names } = setUp();
    addresses.open();
    await clock.advanceSettling(0);
    names.set('b.internal', []);
    names.set('c.internal', ['10.0.0.3']);
    await clock.advanceSettling(30_000);
    expect([addresses.has('10.0.0.2'), addresses.has('10.0.0.3')]).toEqual([true, true]);
    names.set('b.internal', ['10.0.0.22']);
    await clock.advanceSettling(30_000);
    expect([addresses.has('10.0.0.2'), addresses.has('10.0.0.22')]).toEqual([false, true]);
  });

  test('are also the one from which each letter was welcomed last', () => {
    const { addresses } = setUp();
    addresses.welcomed(letter('b'), '192.0.2.7');
    expect(addresses.has('192.0.2.7')).toBe(true);
    addresses.welcomed(letter('b'), '192.0.2.8');
    expect([addresses.has('192.0.2.7'), addresses.has('192.0.2.8')]).toEqual([false, true]);
  });

  test('are asked for no more once closed', async () => {
    const { addresses, asked, clock } = setUp();
    addresses.open();
    await clock.advanceSettling(0);
    addresses.close();
    await clock.advanceSettling(120_000);
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });
});

test('an address has one form, and an IPv6 address counts for its network', () => {
  expect(['::ffff:10.0.0.1', '10.0.0.1', 'FE80::1%eth0'].map(plainAddress)).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    'fe80::1',
  ]);
  expect(['10.0.0.1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9', '2001:db8::1', '::1'].map(networkOf)).toEqual([
    '10.0.0.1',
    '2001:db8:1:2::/64',
    '2001:db8:1:2::/64',
    '2001:db8:0:0::/64',
    '0:0:0:0::/64',
  ]);
});
