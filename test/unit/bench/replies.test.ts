import { describe, expect, test } from 'vitest';
import { requireRight, WrongAnswersError } from '../../../bench/answers-checked.ts';
import { BinaryReplies } from '../../../bench/load/binary-replies.ts';
import { HttpReplies } from '../../../bench/load/http-replies.ts';
import type { Replies, ReplySink } from '../../../bench/load/replies.ts';
import { sessionKeys, valueOf } from '../../../bench/load/session-keys.ts';
import { TextReplies, textHits } from '../../../bench/load/text-replies.ts';

const KEYS = ['a1', 'a2'];
const VALUES = KEYS.map((key) => valueOf(key, 20));
const [VALUE_1 = Buffer.alloc(0), VALUE_2 = Buffer.alloc(0)] = VALUES;

class Verdicts implements ReplySink {
  readonly all: string[] = [];

  right(): void {
    this.all.push('right');
  }

  miss(): void {
    this.all.push('miss');
  }

  wrong(): void {
    this.all.push('wrong');
  }
}

function hit(key: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`VALUE ${key} 0 ${value.length}\r\n`), value, Buffer.from('\r\nEND\r\n')]);
}

function packet(opaque: number, status = 0, body = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt8(0x81, 0);
  header.writeUInt16BE(status, 6);
  header.writeUInt32BE(body.length, 8);
  header.writeUInt32BE(opaque, 12);
  return Buffer.concat([header, body]);
}

const SET_1 = 0x80000001;

/** Get the first key, set the second, get the second. */
function expectThree(replies: Replies): void {
  replies.expectGet(0);
  replies.expectSet(1);
  replies.expectGet(1);
}

function judge(replies: Replies, verdicts: Verdicts, stream: Buffer, pieceBytes: number): readonly string[] {
  expectThree(replies);
  for (let at = 0; at < stream.length; at += pieceBytes) replies.take(stream.subarray(at, at + pieceBytes));
  return verdicts.all;
}

const TEXT = {
  right: Buffer.concat([hit('a1', VALUE_1), Buffer.from('STORED\r\n'), hit('a2', VALUE_2)]),
  wrong: Buffer.concat([
    hit('a1', valueOf('a2', 20)),
    Buffer.from('SERVER_ERROR IN_DOUBT no\r\n'),
    Buffer.from('END\r\n'),
  ]),
};

const FLAGS = Buffer.alloc(4);
const BINARY = {
  right: Buffer.concat([
    packet(0, 0, Buffer.concat([FLAGS, VALUE_1])),
    packet(SET_1),
    packet(1, 0, Buffer.concat([FLAGS, VALUE_2])),
  ]),
  wrong: Buffer.concat([
    packet(0, 0, Buffer.concat([FLAGS, valueOf('a2', 20)])),
    packet(SET_1, 0x86, Buffer.from('in doubt')),
    packet(1, 1, Buffer.from('Not found')),
  ]),
};

describe.each([
  { name: 'text', make: (sink: ReplySink) => new TextReplies(textHits(KEYS, VALUES), sink), streams: TEXT },
  { name: 'binary', make: (sink: ReplySink) => new BinaryReplies(VALUES, sink), streams: BINARY },
])('the replies that the load generator takes in, $name', ({ make, streams }) => {
  test.each([1, 7, 10_000])('what was stored is right, in pieces of %i bytes', (pieceBytes) => {
    const verdicts = new Verdicts();
    expect(judge(make(verdicts), verdicts, streams.right, pieceBytes)).toEqual(['right', 'right', 'right']);
  });

  test.each([1, 7, 10_000])(
    "another's value, a refusal and a miss are none of them right, in pieces of %i",
    (pieceBytes) => {
      const verdicts = new Verdicts();
      expect(judge(make(verdicts), verdicts, streams.wrong, pieceBytes)).toEqual(['wrong', 'wrong', 'miss']);
    },
  );
});

function httpAnswer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

describe('the answers of the HTTP door that the load generator takes in', () => {
  const stream = Buffer.from(
    httpAnswer('200 OK', '{"id":"a1","state":"found"}') +
      httpAnswer('200 OK', '{"id":"a2","state":"regenerated"}') +
      httpAnswer('503 Service Unavailable', '{"code":"DEADLINE"}'),
  );

  test.each([1, 7, 10_000])('only a session that was found is right, in pieces of %i bytes', (pieceBytes) => {
    const verdicts = new Verdicts();
    expect(judge(new HttpReplies(verdicts), verdicts, stream, pieceBytes)).toEqual(['right', 'miss', 'wrong']);
  });
});

describe('the answers of a run', () => {
  test('one in ten thousand may go wrong, and no more', () => {
    expect(() => requireRight('a row', { operations: 20_000, misses: 1, errors: 1 })).not.toThrow();
    expect(() => requireRight('a row', { operations: 20_000, misses: 2, errors: 1 })).toThrow(WrongAnswersError);
  });

  test('nothing answered is nothing measured', () => {
    expect(() => requireRight('a row', { operations: 0, misses: 0, errors: 0 })).toThrow(WrongAnswersError);
  });
});

describe('the keys of the load', () => {
  test('they are minted ids of one letter behind a prefix, all different, and the same every time', () => {
    const keys = sessionKeys({ letter: 'b', prefix: 'sess:', count: 1000 });
    expect(keys.every((key) => /^sess:b[0-9a-z]{26}$/.test(key))).toBe(true);
    expect(new Set(keys).size).toBe(1000);
    expect(sessionKeys({ letter: 'b', prefix: 'sess:', count: 1000 })).toEqual(keys);
  });
});
