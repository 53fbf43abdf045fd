import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binaryCommands,
  MEETING,
  metaCommands,
  metaReturnFlags,
  textCommands,
} from '../../conformance/random-commands.ts';
import { writeBinary, writeMeta, writeText } from '../../conformance/request-writer.ts';
import { CommandDecoder } from '../../../src/protocol/command-decoder.ts';
import type { ProtocolLimits } from '../../../src/protocol/limits.ts';
import { cut, decode, RecordingSink } from './recording-sink.ts';

/** Small, so that random bytes run into them. */
const LIMITS: ProtocolLimits = { itemBytes: 300, lineBytes: 100, readLineBytes: 200, readKeys: 5 };

/** A header, or a line end, and the extras and the key of a packet: what may be held beside an item. */
const MOST_HELD_BYTES = LIMITS.itemBytes + 24 + 20;

const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

const packetNoise = fc
  .tuple(fc.uint8Array({ minLength: 23, maxLength: 200 }), fc.nat(0x30), fc.nat(60))
  .map(([bytes, opcode, length]) => {
    const packet = Buffer.concat([Buffer.from([0x80]), bytes]);
    packet.writeUInt8(opcode, 1);
    packet.fill(0, 2, 12);
    packet.writeUInt8(length % 3, 3);
    packet.writeUInt32BE(length, 8);
    return packet;
  });

const wordNoise = fc
  .array(
    fc.constantFrom(
      ...['get', 'gat', 'set', 'cas', 'incr', 'delete', 'touch', 'ms', 'mg', 'md', 'ma', 'me', 'mn', 'stats', 'quit'],
      ...['a', 'b', '0', '1', '5', '-1', '99999', '2147483646', 'noreply', 'b', 'k', 'T1', 'MX', 'O', 'C1', 'HTTP/1.0'],
      ...['\r\n', '\r\n', '\n', '\r', '\0', '\t', '\x7f', '\xff', 'x'.repeat(120)],
    ),
    { maxLength: 30 },
  )
  .map((words) => Buffer.from(words.join(' ').replaceAll(' \r\n ', '\r\n'), 'latin1'));

const request: Arbitrary<Buffer> = fc.oneof(
  textCommands(MEETING).map((command) => writeText(command)),
  fc.tuple(metaCommands(MEETING), metaReturnFlags).map(([command, flags]) => writeMeta(command, flags)),
  binaryCommands(MEETING).map((command) => writeBinary(command)),
);

/** Requests in which a few bytes are not what they were. */
const damaged = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 4 }),
  )
  .map(([requests, damages]) => {
    const bytes = Buffer.concat(requests);
    for (const [place, byte] of damages) bytes.writeUInt8(byte, place % bytes.length);
    return bytes;
  });

const anyBytes = fc.oneof(
  noise,
  wordNoise,
  damaged,
  fc.tuple(packetNoise, packetNoise).map((packets) => Buffer.concat(packets)),
);
const places = fc.array(fc.nat(500), { maxLength: 20 });

describe('whatever bytes come', () => {
  test('the same is decoded however they are cut', () => {
    fc.assert(
      fc.property(anyBytes, places, (bytes, where) => {
        const whole = decode([bytes], LIMITS);
        expect(decode(cut(bytes, where), LIMITS)).toEqual(whole);
        expect(
          decode(
            Array.from(bytes, (byte) => Buffer.from([byte])),
            LIMITS,
          ),
        ).toEqual(whole);
      }),
      { seed: 6, numRuns: 2000 },
    );
  });

  test('no more is held than one request may be long', () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 5 }), (chunks) => {
        const decoder = new CommandDecoder(new RecordingSink(), LIMITS);
        for (const chunk of chunks) {
          decoder.push(chunk);
          expect(decoder.heldBytes).toBeLessThanOrEqual(MOST_HELD_BYTES);
        }
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  test('nothing is decoded after something fatal', () => {
    fc.assert(
      fc.property(anyBytes, places, (bytes, where) => {
        const decoded = decode(cut(bytes, where), LIMITS);
        const fatalAt = decoded.findIndex(({ on }) => on === 'fatal');
        expect([-1, decoded.length - 1]).toContain(fatalAt);
      }),
      { seed: 8, numRuns: 1000 },
    );
  });

  test('every key that comes out is a key', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const entry of decode([bytes], LIMITS)) {
          const commands = entry.on === 'command' ? [entry.command] : entry.on === 'reads' ? entry.reads : [];
          for (const command of commands) {
            if ('key' in command) expect(command.key).toMatch(/^[\x21-\x7e\x80-\xff]{1,250}$/);
          }
        }
      }),
      { seed: 9, numRuns: 2000 },
    );
  });
});
