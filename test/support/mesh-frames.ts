import { writeAnswer, writeNoAnswer } from '../../src/mesh/answer-codec.ts';
import { FieldWriter } from '../../src/mesh/field-writer.ts';
import type { FrameSink } from '../../src/mesh/frame-sink.ts';
import { writeFrame } from '../../src/mesh/frames.ts';
import { writeHello, writeHelloAnswer } from '../../src/mesh/hello-codec.ts';
import {
  WIRE_VERSION,
  type Hello,
  type HelloAnswer,
  type NoAnswerReason,
  type PeerAnswer,
  type PeerRequest,
} from '../../src/mesh/message.ts';
import { writeRequest } from '../../src/mesh/request-codec.ts';

/** A decoded frame, as a value to compare. */
export type Frame =
  | { readonly type: 'hello'; readonly message: Hello }
  | { readonly type: 'hello-answer'; readonly message: HelloAnswer }
  | { readonly type: 'request'; readonly number: number; readonly message: PeerRequest }
  | { readonly type: 'answer'; readonly number: number; readonly message: PeerAnswer }
  | { readonly type: 'no-answer'; readonly number: number; readonly reason: NoAnswerReason };

export const MAX_TEST_FRAME_BYTES = 1024 * 1024;

/** The bytes of these frames, one after the other. */
export function encodeFrames(...frames: readonly Frame[]): Buffer {
  return encodeFramesIn(WIRE_VERSION, ...frames);
}

/** The same on a link where this version of the wire is spoken. */
export function encodeFramesIn(version: number, ...frames: readonly Frame[]): Buffer {
  const writer = new FieldWriter();
  writer.version = version;
  for (const frame of frames) {
    const number = 'number' in frame ? frame.number : 0;
    writeFrame(writer, frame.type, number, MAX_TEST_FRAME_BYTES, writeFields, frame);
  }
  return writer.take();
}

function writeFields(writer: FieldWriter, frame: Frame): void {
  switch (frame.type) {
    case 'hello':
      writeHello(writer, frame.message);
      return;
    case 'hello-answer':
      writeHelloAnswer(writer, frame.message);
      return;
    case 'request':
      writeRequest(writer, frame.message);
      return;
    case 'answer':
      writeAnswer(writer, frame.message);
      return;
    case 'no-answer':
      writeNoAnswer(writer, frame.reason);
      return;
  }
}

/** Keeps what a decoder delivers. */
export class RecordingSink implements FrameSink {
  readonly frames: Frame[] = [];

  onHello(message: Hello): void {
    this.frames.push({ type: 'hello', message });
  }

  onHelloAnswer(message: HelloAnswer): void {
    this.frames.push({ type: 'hello-answer', message });
  }

  onRequest(number: number, message: PeerRequest): void {
    this.frames.push({ type: 'request', number, message });
  }

  onAnswer(number: number, message: PeerAnswer): void {
    this.frames.push({ type: 'answer', number, message });
  }

  onNoAnswer(number: number, reason: NoAnswerReason): void {
    this.frames.push({ type: 'no-answer', number, reason });
  }
}
