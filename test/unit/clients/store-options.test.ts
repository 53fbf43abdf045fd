import { describe, expect, test } from 'vitest';
import { formatDaemonAddress, parseDaemonAddress } from '../../../src/clients/daemon-client.ts';
import { checkedOptions, type MagliaStoreOptions } from '../../../src/clients/store-options.ts';

describe("the store's options", () => {
  test('none is needed', () => {
    expect(checkedOptions({})).toEqual({
      url: 'http://127.0.0.1:7420',
      token: undefined,
      deadlineMs: 1000,
      merge: true,
      ttlSeconds: 0,
      spareIds: 64,
    });
  });

  test('everything that is wrong is named at once, and the token is not shown', () => {
    const wrong: unknown = { deadlineMs: '1s', merge: 1, ttlSeconds: -1, spareIds: 0.5, token: 'a b', deadline: 5 };
    const check = (): unknown => checkedOptions(wrong as MagliaStoreOptions);
    for (const name of ['deadlineMs', 'merge', 'ttlSeconds', 'spareIds', 'token', 'deadline: is no option']) {
      expect(check).toThrow(name);
    }
    expect(check).not.toThrow('a b');
  });

  test.each([
    ['http://127.0.0.1:7420', { kind: 'tcp', host: '127.0.0.1', port: 7420 }],
    ['http://localhost/', { kind: 'tcp', host: 'localhost', port: 7420 }],
    ['http://localhost:80', { kind: 'tcp', host: 'localhost', port: 80 }],
    ['http://[::1]:1', { kind: 'tcp', host: '::1', port: 1 }],
    ['unix:/run/maglia/http.sock', { kind: 'unix', path: '/run/maglia/http.sock' }],
  ])('%s is where a daemon can be', (url, address) => {
    expect(parseDaemonAddress(url)).toEqual(address);
  });

  test.each(['', 'localhost:7420', 'https://localhost', 'http://u@localhost', 'http://localhost/v1', 'unix:'])(
    '%j is not',
    (url) => {
      expect(() => parseDaemonAddress(url)).toThrow('expected http://host:port or unix:/path/of.sock');
    },
  );

  test('an address is written as it is read', () => {
    for (const url of ['http://[::1]:1', 'http://localhost:7420', 'unix:/run/http.sock']) {
      expect(formatDaemonAddress(parseDaemonAddress(url))).toBe(url);
    }
  });
});
