import { describe, expect, test } from 'vitest';
import { OutBuffer } from '../../../../src/doors/kit/out-buffer.ts';

class Recorder {
  readonly calls: (string | Buffer)[] = [];
  write(chunk: Buffer): boolean {
    this.calls.push(chunk);
    return true;
  }
  cork(): void {
    this.calls.push('cork');
  }
  uncork(): void {
    this.calls.push('uncork');
  }
}

function flush(...chunks: Buffer[]): (string | Buffer)[] {
  const out = new OutBuffer();
  out.push(chunks);
  const socket = new Recorder();
  out.flush(socket);
  expect(out.byteLength).toBe(0);
  return socket.calls;
}

describe('what leaves at the end of a turn', () => {
  test('nothing is not written', () => {
    expect(flush()).toEqual([]);
  });

  test('one chunk leaves as it is', () => {
    const chunk = Buffer.from('END\r\n');
    expect(flush(chunk)).toEqual([chunk]);
  });

  test('small chunks are put together, and leave in one write', () => {
    expect(flush(Buffer.from('a'), Buffer.from('b'), Buffer.from('c'))).toEqual([Buffer.from('abc')]);
  });

  test('a large value is not copied', () => {
    const value = Buffer.alloc(100_000);
    const calls = flush(Buffer.from('VALUE'), value, Buffer.from('\r\n'), Buffer.from('END'));
    expect(calls).toEqual(['cork', Buffer.from('VALUE'), value, Buffer.from('\r\nEND'), 'uncork']);
    expect(calls[2]).toBe(value);
  });

  test('it knows how much it has', () => {
    const out = new OutBuffer();
    out.push([Buffer.alloc(10), Buffer.alloc(5)]);
    expect(out.byteLength).toBe(15);
    out.clear();
    expect(out.byteLength).toBe(0);
  });
});
