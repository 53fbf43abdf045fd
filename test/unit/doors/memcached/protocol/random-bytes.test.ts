import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBytes } from '../../../../conformance/random-bytes.ts';
import type { MemcachedCommand } from '../../../../../src/doors/memcached/protocol/command.ts';
import { CommandDecoder } from '../../../../../src/doors/memcached/protocol/command-decoder.ts';
import type { ProtocolLimits } from '../../../../../src/doors/memcached/protocol/limits.ts';
import { cut, decode, RecordingSink } from './recording-sink.ts';

/** Small, so that random bytes run into them. */
const LIMITS: ProtocolLimits = {
  itemBytes: 300,
  lineBytes: 100,
  readLineBytes: 200,
  readKeys: 5,
  credentialBytes: 100,
};

/** A header, or a line end, and the extras and the key of a packet: what may be held beside an item. */
const MOST_HELD_BYTES = LIMITS.itemBytes + 24 + 20;

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

  test('every key that comes out is a key, or one that nothing is stored under', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const entry of decode([bytes], LIMITS)) {
          const commands = entry.on === 'command' ? [entry.command] : entry.on === 'reads' ? entry.reads : [];
          for (const command of commands) {
            if ('key' in command)
              expect(command.key).toMatch(mayStore(command) ? /^[\x21-\x7e\x80-\xff]{1,250}$/ : /^[^]{1,250}$/);
          }
        }
      }),
      { seed: 9, numRuns: 2000 },
    );
  });
});

function mayStore(command: MemcachedCommand): boolean {
  if (command.kind === 'read') return command.vivify !== undefined;
  return command.kind === 'store' || command.kind === 'arithmetic';
}
