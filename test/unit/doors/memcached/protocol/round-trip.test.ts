import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANYTHING,
  binaryCommands,
  MEETING,
  metaCommands,
  metaReturnFlags,
  textCommands,
} from '../../../../conformance/random-commands.ts';
import { writeBinary, writeMeta, writeText, writeTextReads } from '../../../../conformance/request-writer.ts';
import type { MemcachedCommand } from '../../../../../src/doors/memcached/protocol/command.ts';
import { cut, decode, RecordingSink } from './recording-sink.ts';
import { CommandDecoder } from '../../../../../src/doors/memcached/protocol/command-decoder.ts';
import { DEFAULT_LIMITS } from '../../../../../src/doors/memcached/protocol/limits.ts';

interface Sent {
  readonly command: MemcachedCommand;
  readonly bytes: Buffer;
}

const text: Arbitrary<Sent> = fc
  .oneof(textCommands(ANYTHING), textCommands(MEETING))
  .map((command) => ({ command, bytes: writeText(command) }));

const meta: Arbitrary<Sent> = fc
  .tuple(fc.oneof(metaCommands(ANYTHING), metaCommands(MEETING)), metaReturnFlags)
  .map(([command, flags]) => ({ command, bytes: writeMeta(command, flags) }));

const binary: Arbitrary<Sent> = fc
  .tuple(fc.oneof(binaryCommands(ANYTHING), binaryCommands(MEETING)), fc.constantFrom('loud', 'quiet'))
  .map(([command, volume]) => ({ command, bytes: writeBinary(command, volume) }));

describe.each([
  ['text', text],
  ['meta', meta],
  ['binary', binary],
])('commands of the %s protocol', (_protocol, sent) => {
  test('come out as they went in, in their order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(sent, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(6000)), (requests, places) => {
        const chunks = cut(Buffer.concat(requests.map(({ bytes }) => bytes)), places);
        const sink = new RecordingSink();
        const decoder = new CommandDecoder(sink, DEFAULT_LIMITS);
        for (const chunk of chunks) decoder.push(chunk);
        expect(sink.commands).toEqual(requests.map(({ command }) => command));
        expect(decoder.heldBytes).toBe(0);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('come out as they went in, byte by byte', () => {
    fc.assert(
      fc.property(fc.array(sent, { minLength: 1, maxLength: 6 }), (requests) => {
        const bytes = Buffer.concat(requests.map((request) => request.bytes));
        const chunks = Array.from(bytes, (byte) => Buffer.from([byte]));
        const commands = decode(chunks).map((entry) => (entry.on === 'command' ? entry.command : entry));
        expect(commands).toEqual(requests.map(({ command }) => command));
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

test('a get of several keys is as many reads, in the order of the keys', () => {
  fc.assert(
    fc.property(fc.array(ANYTHING.key, { minLength: 2, maxLength: 40 }), fc.nat(10_000), (keys, place) => {
      const reads = keys.map((key) => ({
        kind: 'read' as const,
        key,
        touch: 7,
        vivify: undefined,
        recache: undefined,
        isPeek: false,
      }));
      expect(decode(cut(writeTextReads(reads), [place]))).toEqual([
        { on: 'reads', reads, shape: { protocol: 'text', answer: 'values', keys, hasCas: true } },
      ]);
    }),
    { seed: 5, numRuns: 100 },
  );
});
