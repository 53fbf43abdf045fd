import fc, { type Arbitrary } from 'fast-check';
import { binaryCommands, MEETING, metaCommands, metaReturnFlags, textCommands } from './random-commands.ts';
import { writeBinary, writeMeta, writeText } from './request-writer.ts';

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

/** Noise, packets and lines that are nearly in order, and requests with a few bytes changed. */
export const anyBytes = fc.oneof(
  noise,
  wordNoise,
  damaged,
  fc.tuple(packetNoise, packetNoise).map((packets) => Buffer.concat(packets)),
);
