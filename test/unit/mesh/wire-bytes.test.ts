import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FrameError } from '../../../src/errors.ts';
import { FrameDecoder } from '../../../src/mesh/frame-decoder.ts';
import { OLDEST_WIRE_VERSION, WIRE_VERSION } from '../../../src/mesh/message.ts';
import { encodeFramesIn, MAX_TEST_FRAME_BYTES, RecordingSink, type Frame } from '../../support/mesh-frames.ts';
import { describeFrame, wireExamples } from '../../support/wire-examples.ts';

/*
 * The bytes of every kind of message in each version of the wire that we speak. Those of a version that was released do not change:
 * where one of these tests fails, either the change is to be taken back, or it begins another version. A new version's file is
 * written from what this test prints, once, and read before it is kept.
 */

const VERSIONS = [OLDEST_WIRE_VERSION, WIRE_VERSION];

/** A line per frame: what it is, and its bytes. */
function recorded(version: number): string[] {
  const text = readFileSync(join(import.meta.dirname, `wire-${version}.txt`), 'utf8');
  return text.trimEnd().split('\n');
}

function line(frame: Frame, version: number): string {
  return `${describeFrame(frame)}: ${encodeFramesIn(version, frame).toString('hex')}`;
}

function read(bytes: Buffer, version: number): Frame[] {
  const sink = new RecordingSink();
  const decoder = new FrameDecoder(sink, MAX_TEST_FRAME_BYTES);
  decoder.settle(version, MAX_TEST_FRAME_BYTES);
  decoder.push(bytes);
  return sink.frames;
}

function bytesOf(recordedLine: string): Buffer {
  return Buffer.from(recordedLine.slice(recordedLine.indexOf(': ') + 2), 'hex');
}

describe.each(VERSIONS)('in version %d of the wire', (version) => {
  const examples = wireExamples(version);

  test('every message has the bytes that it always had', () => {
    expect(examples.map((frame) => line(frame, version))).toEqual(recorded(version));
  });

  test('every message is read from these bytes', () => {
    expect(recorded(version).flatMap((text) => read(bytesOf(text), version))).toEqual(examples);
  });
});

describe('what version 3 does not have', () => {
  test('is not sent to a node that speaks it: it is told of no reason', () => {
    const [failed, tooLong] = (['failed', 'too-long'] as const).map((reason) =>
      encodeFramesIn(3, { type: 'no-answer', number: 7, reason }),
    );
    expect(tooLong).toEqual(failed);
    expect(read(failed ?? Buffer.alloc(0), 3)).toEqual([{ type: 'no-answer', number: 7, reason: 'failed' }]);
  });

  test('is a fault where such a node sends it, and its bytes are one to a node that speaks version 4', () => {
    const frame: Frame = { type: 'no-answer', number: 7, reason: 'failed' };
    expect(() => read(encodeFramesIn(4, frame), 3)).toThrow(FrameError);
    expect(() => read(encodeFramesIn(3, frame), 4)).toThrow(FrameError);
  });
});
