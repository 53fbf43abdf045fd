import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeReply } from '../../../../../src/doors/memcached/protocol/encode-reply.ts';
import type { MemcachedReply } from '../../../../../src/doors/memcached/protocol/reply.ts';
import {
  LINE,
  SILENT,
  type BinaryShape,
  type MetaShape,
  type ReplyShape,
} from '../../../../../src/doors/memcached/protocol/reply-shape.ts';

const META: MetaShape = {
  protocol: 'meta',
  word: 'mg',
  returns: 'kO',
  key: 'a',
  isEncodedKey: false,
  opaque: 'O1',
  hasValue: true,
  isQuiet: false,
};
const BINARY: BinaryShape = { protocol: 'binary', opcode: 0x01, opaque: 7, key: '', silence: 'nothing' };

function encode(shape: ReplyShape, reply: MemcachedReply): string {
  return Buffer.concat(encodeReply(shape, reply)).toString('latin1');
}

/** Status and body of a packet. */
function packet(reply: MemcachedReply, shape: BinaryShape = BINARY): { status: number; body: string } {
  const bytes = Buffer.concat(encodeReply(shape, reply));
  expect(bytes.readUInt32BE(8)).toBe(bytes.length - 24);
  return { status: bytes.readUInt16BE(6), body: bytes.toString('latin1', 24) };
}

describe('an error', () => {
  const unreachable: MemcachedReply = { kind: 'server-error', code: 'OWNER_UNREACHABLE', text: 'ask again' };

  test('of the server is told with its code in every protocol', () => {
    expect(encode(LINE, unreachable)).toBe('SERVER_ERROR OWNER_UNREACHABLE ask again\r\n');
    expect(encode(META, unreachable)).toBe('SERVER_ERROR OWNER_UNREACHABLE ask again\r\n');
    expect(packet(unreachable)).toEqual({ status: 0x86, body: 'OWNER_UNREACHABLE ask again' });
  });

  test('is told to quiet commands of the meta and binary protocols, and to nobody after noreply', () => {
    expect(encode({ ...META, isQuiet: true }, unreachable)).toMatch(/^SERVER_ERROR /);
    expect(packet(unreachable, { ...BINARY, silence: 'successes' }).status).toBe(0x86);
    expect(packet(unreachable, { ...BINARY, silence: 'misses' }).status).toBe(0x86);
    expect(encode(SILENT, unreachable)).toBe('');
  });

  test.each<[MemcachedReply, string, number, string]>([
    [{ kind: 'unknown-command' }, 'ERROR\r\n', 0x81, 'Unknown command'],
    [{ kind: 'unknown-stats' }, 'ERROR\r\n', 0x01, 'Not found'],
    [{ kind: 'client-error', text: 'no' }, 'CLIENT_ERROR no\r\n', 0x04, 'no'],
    [{ kind: 'too-large' }, 'SERVER_ERROR object too large for cache\r\n', 0x03, 'Too large.'],
    [{ kind: 'out-of-memory' }, 'SERVER_ERROR out of memory storing object\r\n', 0x82, 'Out of memory'],
    [
      { kind: 'non-numeric' },
      'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n',
      0x06,
      'Non-numeric server-side value for incr or decr',
    ],
    [{ kind: 'flush-refused' }, 'CLIENT_ERROR flush_all not allowed\r\n', 0x20, 'Auth failure.'],
    [{ kind: 'auth-required' }, 'CLIENT_ERROR unauthenticated\r\n', 0x20, 'Auth failure.'],
    [{ kind: 'auth-failed' }, 'CLIENT_ERROR authentication failure\r\n', 0x20, 'Auth failure.'],
  ])('%j has the text that memcached has', (reply, line, status, body) => {
    expect(encode(LINE, reply)).toBe(line);
    expect(encode(META, reply)).toBe(line);
    expect(packet(reply)).toEqual({ status, body });
  });

  test('answers all the keys of a get at once', () => {
    const shape: ReplyShape = { protocol: 'text', answer: 'values', keys: ['a', 'b'], hasCas: false };
    expect(encode(shape, { kind: 'auth-required' })).toBe('CLIENT_ERROR unauthenticated\r\n');
  });
});

describe('SASL and authentication', () => {
  test('are answered as memcached answers them', () => {
    expect(packet({ kind: 'mechanisms', names: 'PLAIN' })).toEqual({ status: 0, body: 'PLAIN' });
    expect(packet({ kind: 'authenticated' })).toEqual({ status: 0, body: 'Authenticated' });
    expect(packet({ kind: 'auth-continue', challenge: Buffer.from('?') })).toEqual({ status: 0x21, body: '?' });
    expect(encode(LINE, { kind: 'authenticated' })).toBe('STORED\r\n');
  });
});

describe('stats', () => {
  const stats: MemcachedReply = {
    kind: 'stats',
    stats: [
      ['pid', '1'],
      ['version', '1.6.18'],
    ],
  };

  test('are lines and END', () => {
    expect(encode(LINE, stats)).toBe('STAT pid 1\r\nSTAT version 1.6.18\r\nEND\r\n');
    expect(encode(LINE, { kind: 'stats', stats: [] })).toBe('END\r\n');
  });

  test('are packets, the last one empty', () => {
    const bytes = encodeReply(BINARY, stats).map((part) => part.toString('latin1'));
    expect(bytes.join('')).toContain('pid1');
    expect(bytes.at(-1)).toHaveLength(24);
  });
});

describe('whatever the reply', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const cas = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const value = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  const flags = fc.integer({ min: 0, max: 0xffffffff });
  const replies: Arbitrary<MemcachedReply> = fc.oneof(
    fc.record({ kind: fc.constant('hit'), value, flags, cas, recache: fc.constantFrom('won', 'taken') }),
    fc.record({ kind: fc.constant('stored'), cas }),
    fc.record({ kind: fc.constant('touched'), cas, flags }),
    fc.record({ kind: fc.constant('number'), cas, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
    fc.record({
      kind: fc.constantFrom(
        'miss',
        'not-stored',
        'exists',
        'not-found',
        'deleted',
        'ok',
        'stats-reset',
        'authenticated',
      ),
    }),
    fc.record({
      kind: fc.constantFrom(
        'unknown-command',
        'unknown-stats',
        'too-large',
        'out-of-memory',
        'non-numeric',
        'flush-refused',
        'auth-required',
        'auth-failed',
      ),
    }),
    fc.record({ kind: fc.constant('version'), version: text }),
    fc.record({ kind: fc.constant('stats'), stats: fc.array(fc.tuple(text, text), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('mechanisms'), names: text }),
    fc.record({ kind: fc.constant('auth-continue'), challenge: value }),
    fc.record({ kind: fc.constant('client-error'), text }),
    fc.record({ kind: fc.constant('server-error'), code: text, text }),
  );
  const shapes: Arbitrary<ReplyShape> = fc.oneof(
    fc.constantFrom<ReplyShape>(LINE, SILENT),
    fc.record({
      protocol: fc.constant('text'),
      answer: fc.constant('values'),
      keys: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      hasCas: fc.boolean(),
    }),
    fc.record({
      protocol: fc.constant('meta'),
      word: fc.constantFrom('mg', 'ms', 'md', 'ma', 'me', 'mn'),
      returns: fc.constantFrom('', 'k', 'Okc', 'stcflhOk'),
      key: fc.constant('a'),
      isEncodedKey: fc.boolean(),
      opaque: fc.constant('O1'),
      hasValue: fc.boolean(),
      isQuiet: fc.boolean(),
    }),
    fc.record({
      protocol: fc.constant('binary'),
      opcode: fc.integer({ min: 0, max: 255 }),
      opaque: flags,
      key: fc.constantFrom('', 'key'),
      silence: fc.constantFrom('nothing', 'misses', 'successes'),
    }),
  );

  test('it is well-formed in every shape, and nothing in it makes a line more', () => {
    fc.assert(
      fc.property(shapes, replies, (shape, reply) => {
        const bytes = encode(shape, reply);
        if (shape.protocol === 'binary') {
          for (let at = 0; at < bytes.length;) {
            const packetBytes = Buffer.from(bytes.slice(at), 'latin1');
            expect(packetBytes.readUInt8(0)).toBe(0x81);
            expect(packetBytes.readUInt32BE(12)).toBe(shape.opaque);
            at += 24 + packetBytes.readUInt32BE(8);
            expect(at).toBeLessThanOrEqual(bytes.length);
          }
        } else if (reply.kind !== 'hit' && bytes !== '') {
          const isMisfit = bytes.startsWith('SERVER_ERROR MISFIT');
          const lines = isMisfit ? 1 : linesOf(shape, reply);
          expect(bytes.split('\r\n')).toHaveLength(lines + 1);
          expect(bytes.replaceAll('\r\n', '')).toMatch(/^[\x20-\x7e\x80-\xff]*$/);
        }
      }),
      { seed: 10, numRuns: 3000 },
    );
  });

  function linesOf(shape: ReplyShape, reply: MemcachedReply): number {
    if (reply.kind === 'stats') return reply.stats.length + 1;
    return shape.protocol === 'meta' && reply.kind === 'number' && shape.hasValue ? 2 : 1;
  }
});
