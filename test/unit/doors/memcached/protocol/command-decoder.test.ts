import { describe, expect, test } from 'vitest';
import { binaryRequest, storeExtras } from '../../../../conformance/binary-request.ts';
import type { MemcachedCommand } from '../../../../../src/doors/memcached/protocol/command.ts';
import { CommandDecoder } from '../../../../../src/doors/memcached/protocol/command-decoder.ts';
import { DEFAULT_LIMITS } from '../../../../../src/doors/memcached/protocol/limits.ts';
import { decode, latin1, RecordingSink } from './recording-sink.ts';

function newDecoder(): { sink: RecordingSink; decoder: CommandDecoder } {
  const sink = new RecordingSink();
  return { sink, decoder: new CommandDecoder(sink, DEFAULT_LIMITS) };
}

function kinds(commands: readonly MemcachedCommand[]): string[] {
  return commands.map(({ kind }) => kind);
}

describe('the first byte of a connection decides about its protocol', () => {
  test('0x80 is binary, and stays binary', () => {
    const { sink, decoder } = newDecoder();
    decoder.push(Buffer.alloc(0));
    decoder.push(binaryRequest('noop'));
    decoder.push(latin1('version\r\n'.repeat(3)));
    expect(sink.decoded.map(({ on }) => on)).toEqual(['command', 'fatal']);
    expect(decoder.hasEnded).toBe(true);
  });

  test('anything else is lines, and stays lines', () => {
    const { sink, decoder } = newDecoder();
    decoder.push(latin1('version\r\n'));
    decoder.push(Buffer.concat([binaryRequest('version'), latin1('\r\nmn\r\n')]));
    expect(sink.decoded.map(({ on }) => on)).toEqual(['command', 'refused', 'command']);
  });
});

describe('a value', () => {
  const value = Buffer.alloc(10_000, 'v');

  test.each([
    ['text', Buffer.concat([latin1('set a 0 0 10000\r\n'), value, latin1('\r\nmn\r\n')])],
    ['meta', Buffer.concat([latin1('ms a 10000\r\n'), value, latin1('\r\nmn\r\n')])],
    ['binary', binaryRequest('set', { key: 'a', extras: storeExtras(0, 0), value })],
  ])('that lies in one chunk is passed on where it lies (%s)', (_protocol, bytes) => {
    const [first] = decode([bytes]);
    if (first?.on !== 'command' || first.command.kind !== 'store') throw new TypeError('no store came out');
    expect(first.command.value.equals(value)).toBe(true);
    expect(first.command.value.buffer).toBe(bytes.buffer);
  });

  test('that lies in several chunks is put together', () => {
    const chunks = [latin1('set a 0 0 10000\r\n'), value.subarray(0, 4000), value.subarray(4000), latin1('\r\n')];
    const [first] = decode(chunks);
    if (first?.on !== 'command' || first.command.kind !== 'store') throw new TypeError('no store came out');
    expect(first.command.value.equals(value)).toBe(true);
  });
});

describe('a decoder is in the middle of a request', () => {
  const tooLarge = binaryRequest('set', { key: 'a', extras: storeExtras(0, 0), bodyBytes: 100_000_000 });

  test.each([
    ['half a line', latin1('ge')],
    ['the line of a store', latin1('set k 0 0 5\r\n')],
    ['half a value', latin1('ms k 5\r\nab')],
    ['the line of a store that was refused', latin1('set k 0 0 100000000\r\n')],
    ['all of a dropped value but its end', latin1(`ms ${'k'.repeat(251)} 1\r\nx`)],
    ['half a header', Buffer.from([0x80, 1])],
    ['a header', binaryRequest('get', { key: 'abc' }).subarray(0, 24)],
    ['half of a packet that was refused', tooLarge],
  ])('after %s', (_, bytes) => {
    const { decoder } = newDecoder();
    decoder.push(bytes);
    expect(decoder.isMidRequest).toBe(true);
    decoder.end();
    expect(decoder.isMidRequest).toBe(false);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a line', latin1('mn\r\n')],
    ['a value', latin1('set k 0 0 1\r\nx\r\n')],
    ['a dropped value', latin1(`ms ${'k'.repeat(251)} 1\r\nx\r\n`)],
    ['a packet', binaryRequest('get', { key: 'abc' })],
    ['something fatal', latin1('set k 0 0 x\r\n')],
  ])('and not after %s', (_, bytes) => {
    const { decoder } = newDecoder();
    decoder.push(bytes);
    expect(decoder.isMidRequest).toBe(false);
  });
});

describe('a paused decoder', () => {
  test('says nothing until it is resumed, and then goes on where it was', () => {
    const { sink, decoder } = newDecoder();
    decoder.pause();
    decoder.push(latin1('version\r\nmn\r\nver'));
    expect(sink.decoded).toEqual([]);
    expect(decoder.heldBytes).toBe(16);
    decoder.push(latin1('bosity 1\r\n'));
    decoder.resume();
    expect(kinds(sink.commands)).toEqual(['version', 'noop', 'verbosity']);
    expect(decoder.heldBytes).toBe(0);
  });

  test('may be paused by its sink in the middle of a chunk', () => {
    const commands: MemcachedCommand[] = [];
    const sink = new RecordingSink();
    const decoder: CommandDecoder = new CommandDecoder(
      {
        onCommand(command) {
          commands.push(command);
          decoder.pause();
        },
        onBatch: (reads, shape) => sink.onBatch(reads, shape),
        onRefused: (...call) => sink.onRefused(...call),
        onFatal: (...call) => sink.onFatal(...call),
      },
      DEFAULT_LIMITS,
    );
    decoder.push(latin1('version\r\nset a 0 0 1\r\n1\r\nmn\r\n'));
    expect(kinds(commands)).toEqual(['version']);
    decoder.resume();
    expect(kinds(commands)).toEqual(['version', 'store']);
    decoder.resume();
    decoder.resume();
    expect(kinds(commands)).toEqual(['version', 'store', 'noop']);
  });
});

describe('an ended decoder', () => {
  test('decodes nothing more, nor holds anything', () => {
    const { sink, decoder } = newDecoder();
    decoder.push(latin1('set a 0 0 100\r\nhalf'));
    decoder.end();
    expect(decoder.heldBytes).toBe(0);
    decoder.push(latin1('version\r\n'));
    decoder.resume();
    expect(sink.decoded).toEqual([]);
    expect(decoder.heldBytes).toBe(0);
  });

  test('may be ended by its sink in the middle of a chunk', () => {
    const heard: string[] = [];
    const hear = (): void => {
      heard.push('once');
      decoder.end();
    };
    const decoder: CommandDecoder = new CommandDecoder(
      { onCommand: hear, onBatch: hear, onRefused: hear, onFatal: hear },
      DEFAULT_LIMITS,
    );
    decoder.push(latin1('set a 0 0 2000000\r\nmn\r\nversion\r\n'));
    decoder.push(latin1('version\r\n'));
    expect(heard).toEqual(['once']);
  });

  test.each([
    ['text quit', latin1('quit\r\nversion\r\n')],
    ['binary quit', Buffer.concat([binaryRequest('quit'), binaryRequest('noop')])],
    ['quiet binary quit', Buffer.concat([binaryRequest('quitQ'), binaryRequest('noop')])],
  ])('is one that has seen %s', (_name, bytes) => {
    const { sink, decoder } = newDecoder();
    decoder.push(bytes);
    expect(kinds(sink.commands)).toEqual(['quit']);
    expect(decoder.hasEnded).toBe(true);
  });
});
