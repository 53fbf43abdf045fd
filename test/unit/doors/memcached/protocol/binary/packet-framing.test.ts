import { describe, expect, test } from 'vitest';
import { numberExtras, binaryRequest, OPAQUE, storeExtras } from '../../../../../conformance/binary-request.ts';
import { CommandDecoder } from '../../../../../../src/doors/memcached/protocol/command-decoder.ts';
import { DEFAULT_LIMITS } from '../../../../../../src/doors/memcached/protocol/limits.ts';
import { clientError } from '../../../../../../src/doors/memcached/protocol/reply.ts';
import { decode, RecordingSink } from '../recording-sink.ts';

const noop = binaryRequest('noop');

describe('a packet', () => {
  test('tells how it wants to be answered', () => {
    const [first] = decode([binaryRequest('getKQ', { key: 'a' })]);
    expect(first).toMatchObject({
      shape: { protocol: 'binary', opcode: 0x0d, opaque: OPAQUE, key: 'a', silence: 'misses' },
    });
  });

  test('of SASL carries mechanism and credentials', () => {
    const decoded = decode([
      binaryRequest('saslListMechanisms'),
      binaryRequest('saslAuth', { key: 'PLAIN', value: '\0user\0password' }),
      binaryRequest('saslStep', { key: 'PLAIN', value: 'more' }),
    ]);
    expect(decoded.map((entry) => entry.on === 'command' && entry.command)).toEqual([
      { kind: 'sasl-list' },
      { kind: 'sasl-start', mechanism: 'PLAIN', credentials: Buffer.from('\0user\0password') },
      { kind: 'sasl-step', mechanism: 'PLAIN', credentials: Buffer.from('more') },
    ]);
  });

  test('of SASL with more than 1024 bytes of credentials says nothing, and they are not waited for', () => {
    const decoded = decode([binaryRequest('saslAuth', { key: 'PLAIN', value: 'x'.repeat(1025) }), noop]);
    expect(decoded).toMatchObject([
      { on: 'command', command: { kind: 'sasl-start', mechanism: '', credentials: Buffer.alloc(0) } },
      { on: 'command', command: { kind: 'noop' } },
    ]);
  });

  test('of stat may ask with several words', () => {
    const decoded = decode([binaryRequest('stat', { key: 'detail on' }), binaryRequest('stat', { key: 'a\nb' })]);
    expect(decoded).toMatchObject([
      { on: 'command', command: { kind: 'stats', argument: 'detail on' } },
      { on: 'refused', reply: clientError('Invalid arguments') },
    ]);
  });

  test('of a cas above 2^53 has one that is none of ours', () => {
    const [first] = decode([binaryRequest('delete', { key: 'a', cas: 2n ** 53n })]);
    if (first?.on !== 'command' || first.command.kind !== 'delete') throw new TypeError('no delete came out');
    expect(first.command.cas).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });

  test('of an item that is too large is passed over without being held', () => {
    const sink = new RecordingSink();
    const decoder = new CommandDecoder(sink, DEFAULT_LIMITS);
    const extras = storeExtras(0, 0);
    const value = Buffer.alloc(2 * 1024 * 1024);
    const packet = binaryRequest('set', { key: 'a', extras, value });
    for (let sent = 0; sent < packet.length; sent += 65536) {
      decoder.push(packet.subarray(sent, sent + 65536));
      expect(decoder.heldBytes).toBe(0);
    }
    decoder.push(noop);
    expect(sink.decoded).toMatchObject([
      { on: 'command', command: { kind: 'oversized', key: 'a' } },
      { on: 'command', command: { kind: 'noop' } },
    ]);
  });

  test('that announces more than 2 GiB closes', () => {
    expect(
      decode([binaryRequest('set', { key: 'a', extras: storeExtras(0, 0), bodyBytes: 0x80000000 })]),
    ).toMatchObject([{ on: 'fatal', reply: clientError('Invalid arguments') }]);
  });

  test('with another magic closes without an answer', () => {
    expect(decode([noop, binaryRequest('noop', { magic: 0x81 }), noop])).toMatchObject([
      { on: 'command' },
      { on: 'fatal', shape: { answer: 'nothing' } },
    ]);
  });

  test('of an unknown opcode costs exactly its body', () => {
    const unknown = binaryRequest(0x77, { key: 'key', extras: numberExtras(1), value: 'value' });
    expect(decode([unknown, noop])).toMatchObject([
      { on: 'refused', reply: { kind: 'unknown-command' } },
      { on: 'command', command: { kind: 'noop' } },
    ]);
  });
});
