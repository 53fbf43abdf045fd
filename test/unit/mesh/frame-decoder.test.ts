import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameError } from '../../../src/errors.ts';
import { FrameDecoder } from '../../../src/mesh/frame-decoder.ts';
import { WIRE_VERSION } from '../../../src/mesh/message.ts';
import { encodeFrames, MAX_TEST_FRAME_BYTES, RecordingSink, type Frame } from '../../support/mesh-frames.ts';
import { answers, hellos, letter, requests } from '../../support/mesh-messages.ts';

const [hello] = fc.sample(hellos, { seed: 1, numRuns: 1 });
if (hello === undefined) throw new RangeError('no sample');

const stream: readonly Frame[] = [
  { type: 'hello', message: hello },
  { type: 'hello-answer', message: { kind: 'welcome', hello } },
  ...fc.sample(requests, { seed: 2, numRuns: 6 }).map((message, at): Frame => ({
    type: 'request',
    number: at + 1,
    message,
  })),
  ...fc.sample(answers, { seed: 3, numRuns: 6 }).map((message, at): Frame => ({
    type: 'answer',
    number: at + 1,
    message,
  })),
  { type: 'no-answer', number: 7, reason: 'failed' },
];
const bytes = encodeFrames(...stream);

function decodeChunks(chunks: Iterable<Buffer>, maxFrameBytes = MAX_TEST_FRAME_BYTES): RecordingSink {
  const sink = new RecordingSink();
  const decoder = new FrameDecoder(sink, maxFrameBytes);
  for (const chunk of chunks) decoder.push(chunk);
  return sink;
}

describe('frames are the same however the bytes are cut', () => {
  test('whole', () => {
    expect(decodeChunks([bytes]).frames).toEqual(stream);
  });

  test('byte by byte', () => {
    const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
    expect(decodeChunks(single).frames).toEqual(stream);
  });

  test('split at every point', () => {
    const short = stream.filter((frame) => encodeFrames(frame).length < 400);
    const whole = encodeFrames(...short);
    for (let at = 0; at <= whole.length; at++) {
      expect(decodeChunks([whole.subarray(0, at), whole.subarray(at)]).frames).toEqual(short);
    }
  });

  test('cut at random', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 200 }), (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (sizes[i % sizes.length] ?? 1);
          chunks.push(bytes.subarray(at, end));
          at = end;
        }
        expect(decodeChunks(chunks).frames).toEqual(stream);
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

describe('bytes that are no frames', () => {
  test('end in a FrameError or wait for more, never in anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat({ max: bytes.length }),
        (changes, at) => {
          const mutated = Buffer.from(bytes);
          for (const [where, value] of changes) mutated[where] = value;
          expectFramesOrFrameError([mutated.subarray(0, at), mutated.subarray(at)]);
        },
      ),
      { seed: 5, numRuns: 3000 },
    );
  });

  test('random bytes do, too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (random) => expectFramesOrFrameError([Buffer.from(random)])),
      { seed: 6, numRuns: 3000 },
    );
  });

  test('a length over the limit is refused as soon as it is read, before its bytes are taken', () => {
    const decoder = new FrameDecoder(new RecordingSink(), 100);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(101);
    decoder.push(head.subarray(0, 3));
    expect(() => decoder.push(head.subarray(3))).toThrow(/101 bytes is announced; at most 100/);
  });

  test('a length that leaves no room for a type and a number is refused', () => {
    expect(() => decodeChunks([Buffer.from([0, 0, 0, 4])])).toThrow(FrameError);
  });

  test('after an error nothing is decoded any more', () => {
    const sink = new RecordingSink();
    const decoder = new FrameDecoder(sink, 100);
    expect(() => decoder.push(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(FrameError);
    decoder.push(bytes);
    expect(sink.frames).toEqual([]);
    expect(decoder.heldBytes).toBe(0);
  });

  test('the start of a TLS handshake is recognised', () => {
    const decoder = new FrameDecoder(new RecordingSink(), 4096);
    expect(() => decoder.push(Buffer.from('160301011101', 'hex'))).toThrow(FrameError);
    expect(decoder.looksLikeTls).toBe(true);
  });
});

describe('what is held', () => {
  const ping: Frame = { type: 'request', number: 1, message: { kind: 'ping', incarnation: 1 } };

  test('is never more than the frame at hand', () => {
    const decoder = new FrameDecoder(new RecordingSink(), MAX_TEST_FRAME_BYTES);
    const frame = encodeFrames(ping);
    const many = Buffer.concat(Array.from({ length: 1000 }, () => frame));
    for (let at = 0; at < many.length; at += 7) {
      decoder.push(many.subarray(at, at + 7));
      expect(decoder.heldBytes).toBeLessThan(frame.length);
    }
    expect(decoder.frames).toBe(1000);
  });

  test('is a copy: the sender of a half frame does not keep the chunk alive, nor change what was read', () => {
    const sink = new RecordingSink();
    const decoder = new FrameDecoder(sink, MAX_TEST_FRAME_BYTES);
    const frame = Buffer.from(encodeFrames(ping));
    const first = frame.subarray(0, 9);
    decoder.push(first);
    first.fill(0xff);
    decoder.push(encodeFrames(ping).subarray(9));
    expect(sink.frames).toEqual([ping]);
  });

  test('frames may grow when the sink allows it', () => {
    const sink = new RecordingSink();
    const decoder = new FrameDecoder(sink, 16);
    const content = { contentType: '', flags: 0, payload: Buffer.alloc(50) };
    const command = { kind: 'put', id: 'a1', content } as const;
    const put: Frame = {
      type: 'request',
      number: 1,
      message: { kind: 'execute', route: 'owner', owner: letter('a'), incarnation: 1, budgetMs: 1, command },
    };
    decoder.push(encodeFrames(ping));
    decoder.settle(WIRE_VERSION, 200);
    decoder.push(encodeFrames(put));
    expect(sink.frames).toEqual([ping, put]);
  });

  test('a sink that stops the decoder gets no more frames out of the same chunk', () => {
    const sink = new RecordingSink();
    const decoder: FrameDecoder = new FrameDecoder(
      {
        ...recordingMethods(sink),
        onRequest(number, message) {
          sink.onRequest(number, message);
          decoder.stop();
        },
      },
      MAX_TEST_FRAME_BYTES,
    );
    const frame = encodeFrames(ping);
    decoder.push(frame.subarray(0, 5));
    decoder.push(Buffer.concat([frame.subarray(5), frame, frame]));
    expect(sink.frames).toEqual([ping]);
  });
});

function recordingMethods(sink: RecordingSink): ConstructorParameters<typeof FrameDecoder>[0] {
  return {
    onHello: (message) => sink.onHello(message),
    onHelloAnswer: (message) => sink.onHelloAnswer(message),
    onRequest: (number, message) => sink.onRequest(number, message),
    onAnswer: (number, message) => sink.onAnswer(number, message),
    onNoAnswer: (number, reason) => sink.onNoAnswer(number, reason),
  };
}

function expectFramesOrFrameError(chunks: readonly Buffer[]): void {
  try {
    expect(decodeChunks(chunks).frames.length).toBeLessThanOrEqual(100);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
  }
}
