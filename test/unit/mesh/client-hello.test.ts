import fc from 'fast-check';
import { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { CLIENT_HELLO_MAX_BYTES, readFirstBytes } from '../../../src/mesh/client-hello.ts';

/** What Node's own TLS sends first, into nothing. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      resolve(chunk);
      done();
    };
    const wire = new Duplex({ read: () => undefined, write });
    connect({ socket: wire, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ...options });
  });
}

const withKey = (identity: string): Promise<Buffer> =>
  helloOf({ pskCallback: () => ({ psk: Buffer.alloc(32, 1), identity }), checkServerIdentity: () => undefined });

describe('the first bytes of a caller', () => {
  test('of a node say which letter it is, and nothing less than all of them does', async () => {
    const hello = await withKey('maglia/1 c');
    expect(readFirstBytes(hello)).toEqual({ kind: 'introduction', letter: 'c' });
    expect(readFirstBytes(Buffer.concat([hello, Buffer.from('more')]))).toMatchObject({ kind: 'introduction' });
    for (let length = 1; length < hello.length; length += 1) {
      expect(readFirstBytes(hello.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  });

  test.each([
    ['another identity', 'somebody'],
    ['another version', 'maglia/2 c'],
    ['no letter', 'maglia/1 !'],
  ])('with %s are foreign', async (_, identity) => {
    expect(readFirstBytes(await withKey(identity))).toMatchObject({ kind: 'foreign', isTls: true });
  });

  test('of TLS without a key are foreign', async () => {
    expect(readFirstBytes(await helloOf({ servername: 'b' }))).toMatchObject({ kind: 'foreign', isTls: true });
  });

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['a plain hello', Buffer.from([0, 0, 0, 40, 1])],
    ['zeroes', Buffer.alloc(9)],
    ['a record of no known version', Buffer.from([22, 9])],
  ])('that are %s are foreign, and no TLS', (_, bytes) => {
    expect(readFirstBytes(bytes)).toMatchObject({ kind: 'foreign', isTls: false });
  });

  test('that announce more than a node would send are foreign at once', () => {
    const length = CLIENT_HELLO_MAX_BYTES - 4;
    expect(readFirstBytes(Buffer.from([22, 3, 1, length >> 8, length & 255]))).toMatchObject({ kind: 'foreign' });
  });

  test('with any byte of them changed, or cut anywhere, are read to an end', async () => {
    const hello = await withKey('maglia/1 c');
    const property = fc.property(fc.nat(hello.length - 1), fc.nat(255), fc.nat(hello.length), (at, value, length) => {
      const changed = Buffer.from(hello.subarray(0, length));
      if (at < length) changed[at] = value;
      expect(['incomplete', 'foreign', 'introduction']).toContain(readFirstBytes(changed).kind);
    });
    fc.assert(property, { numRuns: 3000, seed: 7 });
  });
});
