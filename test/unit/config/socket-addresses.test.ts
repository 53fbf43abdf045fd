import { describe, expect, test } from 'vitest';
import { isLoopback, parseHostPort } from '../../../src/config/socket-addresses.ts';

describe('parseHostPort', () => {
  test.each([
    ['192.168.0.1:7421', '192.168.0.1', 7421],
    ['web3.internal:80', 'web3.internal', 80],
    ['WEB3.Internal:80', 'web3.internal', 80],
    ['maglia_a:65535', 'maglia_a', 65_535],
    ['[::1]:1', '::1', 1],
    ['[0:0::0:1]:1', '::1', 1],
    ['[2001:DB8::00ff]:1', '2001:db8::ff', 1],
  ])('%s is one spelling of a host, and a port', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ kind: 'parsed', address: { host, port } });
  });

  test('the port may be left out only where there is a default', () => {
    expect(parseHostPort('web1', 7421)).toEqual({ kind: 'parsed', address: { host: 'web1', port: 7421 } });
    expect(parseHostPort('[::1]', 7421)).toEqual({ kind: 'parsed', address: { host: '::1', port: 7421 } });
    expect(parseHostPort('web1')).toMatchObject({ kind: 'malformed', found: 'malformed port "web1"' });
  });

  test.each([
    'web1:',
    'web1:0',
    'web1:65536',
    'web1:-1',
    'web1:080',
    'web1:80 ',
    'web1:8e1',
    'web1:http',
    'web1:99999999999',
    'http://web1:80',
  ])('%j has a malformed port', (text) => {
    expect(parseHostPort(text, 7421)).toMatchObject({
      kind: 'malformed',
      found: `malformed port ${JSON.stringify(text)}`,
    });
  });

  test.each([
    '',
    ':80',
    '::1',
    '::1:7421',
    '[]:80',
    '[::1',
    '[::1]7421',
    '[127.0.0.1]:80',
    '[fe80::1%eth0]:80',
    '999.1.1.1:80',
    '192.168.1:80',
    '1.2.3.4.5:80',
    '7421',
    'a b:80',
    'web1/x:80',
    '-web:80',
    'web-.x:80',
    'web..x:80',
    'wéb:80',
    'web1\0:80',
    `${'a'.repeat(64)}:80`,
    `${'a.'.repeat(127)}aa:80`,
  ])('%j has a malformed address', (text) => {
    expect(parseHostPort(text, 7421)).toMatchObject({
      found: `malformed address ${JSON.stringify(text.slice(0, 80))}`,
    });
  });
});

describe('isLoopback', () => {
  test.each(['127.0.0.1', '127.3.4.5', '::1', '::ffff:127.0.0.1', 'localhost'])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each(['10.0.0.1', '0.0.0.0', '::', '::2', 'web1', '127.example', 'localhost.example'])(
    '%s may be another',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
