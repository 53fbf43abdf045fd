import { describe, expect, test } from 'vitest';
import { CommandDecoder } from '../../../../../../src/doors/memcached/protocol/command-decoder.ts';
import { DEFAULT_LIMITS, type ProtocolLimits } from '../../../../../../src/doors/memcached/protocol/limits.ts';
import { clientError } from '../../../../../../src/doors/memcached/protocol/reply.ts';
import { LINE, SILENT } from '../../../../../../src/doors/memcached/protocol/reply-shape.ts';
import { decode, latin1, RecordingSink, type Decoded } from '../recording-sink.ts';

const LINE_TOO_LONG: Decoded = { on: 'fatal', reply: clientError('line too long'), shape: LINE };
const BAD_DATA_CHUNK = clientError('bad data chunk');

/** Whole, and in pieces of so many bytes: the same must come out. */
function decodeAllWays(text: string, limits: ProtocolLimits = DEFAULT_LIMITS): Decoded[] {
  const bytes = latin1(text);
  const whole = decode([bytes], limits);
  for (const length of [1, 7, 1000]) {
    const count = Math.ceil(bytes.length / length);
    const pieces = Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
    expect(decode(pieces, limits)).toEqual(whole);
  }
  return whole;
}

describe('a command line', () => {
  test('may have 2048 bytes, its CR among them', () => {
    expect(decodeAllWays(`version ${'x'.repeat(2039)}\r\n`).map(({ on }) => on)).toEqual(['command']);
    expect(decodeAllWays(`version ${'x'.repeat(2040)}\r\n`)).toEqual([LINE_TOO_LONG]);
  });

  test('that does not end is refused at its limit', () => {
    expect(decodeAllWays('x'.repeat(2048))).toEqual([]);
    expect(decodeAllWays('x'.repeat(2049))).toEqual([LINE_TOO_LONG]);
  });

  test.each(['get', 'gets', 'gat 0', 'gats 0'])('of %s may be as long as many keys', (word) => {
    const keys = Array.from({ length: 2000 }, (_, number) => `some-key-${number}`);
    const [first, ...rest] = decodeAllWays(`${word} ${keys.join(' ')}\r\n`);
    expect(first?.on === 'reads' && first.reads.map(({ key }) => key)).toEqual(keys);
    expect(rest).toEqual([]);
  });

  test('of a get has a limit too', () => {
    const limits = { ...DEFAULT_LIMITS, readLineBytes: 4000 };
    expect(decodeAllWays(`get ${'a '.repeat(1997)}\r\n`, limits).map(({ on }) => on)).toEqual(['reads']);
    expect(decodeAllWays(`get ${'a '.repeat(2000)}\r\n`, limits)).toEqual([LINE_TOO_LONG]);
    expect(decodeAllWays(`get ${'a '.repeat(2000)}`, limits)).toEqual([LINE_TOO_LONG]);
  });

  test('of a get may have so many keys and no more, and the connection goes on', () => {
    const limits = { ...DEFAULT_LIMITS, readKeys: 3 };
    const decoded = decodeAllWays('get a b c\r\nget a b c d\r\ngat 0 a b c d\r\nversion\r\n', limits);
    expect(decoded.map(({ on }) => on)).toEqual(['reads', 'refused', 'refused', 'command']);
  });

  test('may end with LF alone', () => {
    expect(decodeAllWays('version\nmn\nget a\n').map(({ on }) => on)).toEqual(['command', 'command', 'command']);
  });

  test('has no CR but the one before its LF', () => {
    expect(decodeAllWays('get a\rb\r\n')).toEqual([
      { on: 'refused', reply: clientError('bad command line format'), shape: LINE },
    ]);
  });
});

describe('a value', () => {
  test.each(['1\n', '1\rx', '1x\r\n', '12\r\n', '\r\n\r\n'])('that does not end with CRLF (%j) closes', (value) => {
    expect(decodeAllWays(`set a 0 0 1\r\n${value}version\r\n`)).toEqual([
      { on: 'fatal', reply: BAD_DATA_CHUNK, shape: LINE },
    ]);
  });

  test('that does not end with CRLF closes without a word after noreply', () => {
    expect(decodeAllWays('set a 0 0 1 noreply\r\n1??version\r\n')).toEqual([
      { on: 'fatal', reply: BAD_DATA_CHUNK, shape: SILENT },
    ]);
  });

  test('has its own line end even where the command line has only LF', () => {
    expect(decodeAllWays('set a 0 0 1\n1\r\n').map(({ on }) => on)).toEqual(['command']);
    expect(decodeAllWays('set a 0 0 1\n1\nmn\r\n').map(({ on }) => on)).toEqual(['fatal']);
  });

  test('may look like commands', () => {
    const decoded = decodeAllWays('set a 0 0 22\r\nflush_all\r\nflush_all\r\n\r\nversion\r\n');
    expect(decoded.flatMap((entry) => (entry.on === 'command' ? [entry.command.kind] : []))).toEqual([
      'store',
      'version',
    ]);
  });

  test('that is too large is passed over without being held', () => {
    const sink = new RecordingSink();
    const decoder = new CommandDecoder(sink, DEFAULT_LIMITS);
    decoder.push(latin1('set a 0 0 100000000\r\n'));
    expect(sink.decoded).toEqual([{ on: 'command', command: { kind: 'oversized', key: 'a' }, shape: LINE }]);
    const chunk = Buffer.alloc(1_000_000);
    for (let sent = 0; sent < 100; sent++) {
      decoder.push(chunk);
      expect(decoder.heldBytes).toBe(0);
    }
    decoder.push(latin1('\r\nversion\r\n'));
    expect(sink.decoded.map(({ on }) => on)).toEqual(['command', 'command']);
  });

  test('of the most that can be announced is passed over, one byte more closes', () => {
    expect(decodeAllWays('set a 0 0 2147483645\r\n').map(({ on }) => on)).toEqual(['command']);
    expect(decodeAllWays('set a 0 0 2147483646\r\n').map(({ on }) => on)).toEqual(['fatal']);
    expect(decodeAllWays('ms a 2147483645\r\n').map(({ on }) => on)).toEqual(['command']);
    expect(decodeAllWays('ms a 2147483646\r\n').map(({ on }) => on)).toEqual(['fatal']);
  });

  test('that was passed over must end with CRLF, else the connection closes without another answer', () => {
    const tooLong = 'k'.repeat(251);
    expect(decodeAllWays(`set ${tooLong} 0 0 1\r\n1??version\r\n`)).toEqual([
      { on: 'refused', reply: clientError('bad command line format'), shape: LINE },
      { on: 'fatal', reply: BAD_DATA_CHUNK, shape: SILENT },
    ]);
  });
});

describe('a key with a space in it never turns data into commands', () => {
  const data = 'flush_all\r\n'.repeat(3);

  test.each([
    `set my key 0 0 ${data.length}\r\n${data}\r\n`,
    `set my 0 0 1 key 0 0 ${data.length}\r\n${data}\r\n`,
    `set my 0 0 11 key 0 0 ${data.length} noreply\r\n${data}\r\n`,
    `cas my key 0 0 ${data.length} 1\r\n${data}\r\n`,
    `set 1 2 ${data.length}\r\n${data}\r\n`,
    `ms my key ${data.length}\r\n${data}\r\n`,
    `ms my 11 ${data.length} T0\r\n${data}\r\n`,
    `ms my 9 k ${data.length}\r\n${data}\r\n`,
  ])('%j', (text) => {
    const decoded = decodeAllWays(text);
    expect(decoded.map(({ on }) => on)).toEqual(['fatal']);
  });
});
