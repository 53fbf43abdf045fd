import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameError } from '../../../src/errors.ts';
import { LONGEST_LIFE_MS, LONGEST_SPAN_MS, LONGEST_WAIT_MS } from '../../../src/mesh/durations.ts';
import { FrameDecoder } from '../../../src/mesh/frame-decoder.ts';
import {
  OLDEST_WIRE_VERSION,
  WIRE_VERSION,
  type Hello,
  type LifeHistory,
  type PeerAnswer,
  type PeerRequest,
} from '../../../src/mesh/message.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { encodeFrames, MAX_TEST_FRAME_BYTES, RecordingSink, type Frame } from '../../support/mesh-frames.ts';
import { answers, helloAnswers, hellos, letter, requests } from '../../support/mesh-messages.ts';

const SEED = 7421;
const RUNS = { seed: SEED, numRuns: 400 };
const numbers = fc.integer({ min: 1, max: 0xffff_ffff });

function decode(bytes: Buffer): Frame[] {
  const sink = new RecordingSink();
  new FrameDecoder(sink, MAX_TEST_FRAME_BYTES).push(bytes);
  return sink.frames;
}

/** The bytes of one frame, changed before they are read. */
function spoilt(frame: Frame, spoil: (bytes: Buffer) => Buffer): Buffer {
  const bytes = spoil(Buffer.from(encodeFrames(frame)));
  bytes.writeUInt32BE(bytes.length - 4, 0);
  return bytes;
}

const a = letter('a');
const hello: Hello = {
  wireVersion: WIRE_VERSION,
  oldestWireVersion: OLDEST_WIRE_VERSION,
  letter: a,
  to: letter('b'),
  incarnation: 9,
  phase: 'serving',
  mapDigest: 'd1',
  software: '0.1.0',
};
const ping: Frame = { type: 'request', number: 1, message: { kind: 'ping', incarnation: 5 } };

describe('every message comes out as it went in', () => {
  test('hello', () => {
    fc.assert(
      fc.property(hellos, (message) => {
        expect(decode(encodeFrames({ type: 'hello', message }))).toEqual([{ type: 'hello', message }]);
      }),
      RUNS,
    );
  });

  test('hello answer', () => {
    fc.assert(
      fc.property(helloAnswers, (message) => {
        expect(decode(encodeFrames({ type: 'hello-answer', message }))).toEqual([{ type: 'hello-answer', message }]);
      }),
      RUNS,
    );
  });

  test('request, with every command in it', () => {
    fc.assert(
      fc.property(numbers, requests, (number, message) => {
        expect(decode(encodeFrames({ type: 'request', number, message }))).toEqual([
          { type: 'request', number, message },
        ]);
      }),
      { ...RUNS, numRuns: 2000 },
    );
  });

  test('answer, with every reply in it', () => {
    fc.assert(
      fc.property(numbers, answers, (number, message) => {
        expect(decode(encodeFrames({ type: 'answer', number, message }))).toEqual([
          { type: 'answer', number, message },
        ]);
      }),
      { ...RUNS, numRuns: 1000 },
    );
  });

  test('no answer', () => {
    for (const reason of ['failed', 'too-long'] as const) {
      const frame: Frame = { type: 'no-answer', number: 3, reason };
      expect(decode(encodeFrames(frame))).toEqual([frame]);
    }
  });

  test('property orders and absent properties do not change the bytes', () => {
    const one: PeerRequest = { kind: 'collect', incarnation: 1, letter: a, account: 3, cursor: 2 };
    const other: PeerRequest = { cursor: 2, account: 3, letter: a, incarnation: 1, kind: 'collect' };
    expect(encodeFrames({ type: 'request', number: 1, message: one })).toEqual(
      encodeFrames({ type: 'request', number: 1, message: other }),
    );
  });
});

const history: LifeHistory = {
  ...{ isInformed: true, serving: 1, verdict: 'kept', estates: [], settled: 0, recalls: 0 },
  ...{ notBeforeMs: 0, highestIncarnation: 1, dead: [] },
};

const request = (message: PeerRequest): Frame => ({ type: 'request', number: 1, message });
const answer = (message: PeerAnswer): Frame => ({ type: 'answer', number: 1, message });
const entries = (entry: EstateEntry): PeerAnswer => ({ kind: 'entries', entries: [entry], nextCursor: 0, more: false });
const replyOf = (reply: Reply): PeerAnswer => ({ kind: 'reply', id: 'a1', executorIncarnation: 1, reply });

describe('durations', () => {
  test.each([
    [12.9, 12],
    [-3, 0],
    [Number.POSITIVE_INFINITY, LONGEST_SPAN_MS],
  ])('%d ms travel as %d whole ones', (heardAgoMs, arrives) => {
    const message: PeerAnswer = { kind: 'verdict', agreed: true, heardAgoMs, incarnation: 1 };
    expect(decode(encodeFrames({ type: 'answer', number: 1, message }))).toEqual([
      { type: 'answer', number: 1, message: { ...message, heardAgoMs: arrives } },
    ]);
  });

  const most = Number.MAX_SAFE_INTEGER;
  const token = 't';
  test.each<[string, Frame, object]>([
    ['budget', request(execute({ kind: 'get', id: 'a1' }, most)), { budgetMs: LONGEST_WAIT_MS }],
    ['pause', request({ kind: 'pause', incarnation: 1, forMs: most }), { forMs: LONGEST_WAIT_MS }],
    [
      'wait of open',
      request(execute({ kind: 'open', id: 'a1', lock: { waitMs: most } })),
      { command: { lock: { waitMs: LONGEST_WAIT_MS } } },
    ],
    [
      'wait and hold of a lock',
      request(execute({ kind: 'lock', id: 'a1', waitMs: most, holdMs: most, holder: a })),
      { command: { waitMs: LONGEST_WAIT_MS, holdMs: LONGEST_SPAN_MS } },
    ],
    [
      'wait of a history',
      answer({ kind: 'history', history: { ...history, notBeforeMs: most } }),
      { history: { notBeforeMs: LONGEST_WAIT_MS } },
    ],
    [
      'silence of a verdict',
      answer({ kind: 'verdict', agreed: true, heardAgoMs: most, incarnation: 1 }),
      { heardAgoMs: LONGEST_SPAN_MS },
    ],
    [
      'alias of a successor',
      answer(entries({ kind: 'succeeded', id: 'a1', successor: 'b1', aliasMs: most })),
      { entries: [{ aliasMs: LONGEST_SPAN_MS }] },
    ],
    [
      'life of a record',
      answer(entries({ kind: 'kept', id: 'a1', lifeMs: most, record: Buffer.alloc(1) })),
      { entries: [{ lifeMs: LONGEST_LIFE_MS }] },
    ],
    [
      'life of a lock that was granted',
      answer(replyOf({ kind: 'done', id: 'a1', version: 1, ttlSeconds: 1, lock: { token, expiresInMs: most } })),
      { reply: { lock: { expiresInMs: LONGEST_SPAN_MS } } },
    ],
  ])('the %s of 2^53-1 ms that a peer names is cut where it is read', (_what, frame, message) => {
    expect(decode(encodeFrames(frame))).toMatchObject([{ message }]);
  });

  test('that are waited for, two of them together, fit a timer', () => {
    expect(2 * LONGEST_SPAN_MS).toBeLessThan(2 ** 31);
    expect(LONGEST_WAIT_MS).toBeLessThan(LONGEST_SPAN_MS);
  });

  test('what is not a number does not travel', () => {
    const message: PeerRequest = { kind: 'pause', incarnation: 1, forMs: Number.NaN };
    expect(() => encodeFrames({ type: 'request', number: 1, message })).toThrow(FrameError);
  });
});

describe('what could not be read back is not sent', () => {
  test.each<[string, PeerRequest]>([
    ['a fraction', { kind: 'ping', incarnation: 1.5 }],
    ['a negative number', { kind: 'ping', incarnation: -1 }],
    ['a number beyond 2^53-1', { kind: 'ping', incarnation: 2 ** 53 }],
    ['an id with a space', execute({ kind: 'get', id: 'a b' })],
    ['an empty id', execute({ kind: 'get', id: '' })],
    ['an id of 251 characters', execute({ kind: 'get', id: 'a'.repeat(251) })],
    ['a token of 256 bytes', execute({ kind: 'unlock', id: 'a1', token: 'ü'.repeat(128) })],
  ])('%s', (_what, message) => {
    expect(() => encodeFrames({ type: 'request', number: 1, message })).toThrow(FrameError);
  });

  test('a frame over the limit, and the frames beside it are unharmed', () => {
    const payload = Buffer.alloc(MAX_TEST_FRAME_BYTES);
    const content = { contentType: '', flags: 0, payload };
    const large: Frame = { type: 'request', number: 1, message: execute({ kind: 'put', id: 'a1', content }) };
    expect(() => encodeFrames(ping, large)).toThrow(/1048\d+ bytes; at most 1048576/);
    expect(decode(encodeFrames(ping, ping))).toEqual([ping, ping]);
  });
});

describe('what is not exactly right is refused', () => {
  test.each<[string, Frame, (bytes: Buffer) => Buffer]>([
    ['an unknown frame type', ping, (bytes) => poke(bytes, 4, 99)],
    ['frame type 0', ping, (bytes) => poke(bytes, 4, 0)],
    ['a request with number 0', ping, (bytes) => poke(bytes, 8, 0)],
    ['a hello with a number', { type: 'hello', message: hello }, (bytes) => poke(bytes, 8, 1)],
    ['an unknown request kind', ping, (bytes) => poke(bytes, 9, 200)],
    ['trailing bytes', ping, (bytes) => Buffer.concat([bytes, Buffer.from([0])])],
    ['trailing bytes after a hello', { type: 'hello', message: hello }, (bytes) => Buffer.concat([bytes, bytes])],
    ['a missing byte', ping, (bytes) => bytes.subarray(0, -1)],
    ['a number beyond 2^53-1', ping, (bytes) => poke(bytes, 10, 0x20)],
    ['a letter that is none', { type: 'hello', message: hello }, (bytes) => poke(bytes, 11, 0x2d)],
    [
      'an id with a space',
      { type: 'request', number: 1, message: execute({ kind: 'get', id: 'a1' }) },
      (bytes) => poke(bytes, bytes.length - 1, 0x20),
    ],
    [
      'an id of no characters',
      { type: 'answer', number: 1, message: { kind: 'reply', id: 'x', executorIncarnation: 1, reply: miss() } },
      (bytes) => poke(bytes, 10, 0),
    ],
    [
      'a flag that is neither yes nor no',
      { type: 'answer', number: 1, message: { kind: 'acknowledged', accepted: true } },
      (bytes) => poke(bytes, 10, 2),
    ],
    [
      'text that is not UTF-8',
      { type: 'request', number: 1, message: execute({ kind: 'unlock', id: 'a1', token: 'é' }) },
      (bytes) => poke(bytes, bytes.length - 1, 0x41),
    ],
    [
      'a list longer than its frame',
      { type: 'answer', number: 1, message: { kind: 'entries', entries: [], nextCursor: 0, more: false } },
      (bytes) => poke(bytes, 10, 0xff),
    ],
    [
      'fields after a "no answer"',
      { type: 'no-answer', number: 1, reason: 'failed' },
      (bytes) => Buffer.concat([bytes, bytes]),
    ],
  ])('%s', (_what, frame, spoil) => {
    expect(decode(encodeFrames(frame))).toHaveLength(1);
    expect(() => decode(spoilt(frame, spoil))).toThrow(FrameError);
  });

  test('every cut of every message', () => {
    fc.assert(
      fc.property(requests, fc.nat(), (message, at) => {
        const whole = encodeFrames({ type: 'request', number: 1, message });
        const cut = Buffer.from(whole.subarray(0, 9 + (at % (whole.length - 9))));
        cut.writeUInt32BE(cut.length - 4, 0);
        expect(() => decode(cut)).toThrow(FrameError);
      }),
      RUNS,
    );
  });
});

describe('the greeting of another version', () => {
  /** The four fields that every version has, and then other bytes. */
  function followedBy(wireVersion: number, rest: Buffer): Buffer {
    return spoilt({ type: 'hello', message: { ...hello, wireVersion } }, (frame) =>
      Buffer.concat([frame.subarray(0, 9 + 2 + 1 + 1 + 1 + 5), rest]),
    );
  }

  test.each([
    ['older', 2, 2, Buffer.from('whatever version 2 had to say')],
    ['newer', 99, 98, Buffer.concat([Buffer.from([0, 98]), Buffer.from('whatever version 99 has to say')])],
  ])('with which we share none, an %s one, tells who speaks, whatever follows', (_what, wireVersion, oldest, rest) => {
    const { letter: from, to, software } = hello;
    expect(decode(followedBy(wireVersion, rest))).toEqual([
      {
        type: 'hello',
        message: {
          ...{ wireVersion, oldestWireVersion: oldest, letter: from, to, software },
          ...{ incarnation: 0, phase: 'joining', mapDigest: '' },
        },
      },
    ]);
  });

  test('that is the next one is read as ours is; what it has to say besides is skipped', () => {
    const message = { ...hello, wireVersion: WIRE_VERSION + 1, oldestWireVersion: WIRE_VERSION };
    const bytes = spoilt({ type: 'hello', message }, (frame) =>
      Buffer.concat([frame, Buffer.from('what the next version has to say besides')]),
    );
    expect(decode(bytes)).toEqual([{ type: 'hello', message }]);
  });
});

test('a payload is a view into the chunk that it came in, not a copy', () => {
  const content = { contentType: '', flags: 0, payload: Buffer.from('cart') };
  const chunk = encodeFrames({ type: 'request', number: 1, message: execute({ kind: 'put', id: 'a1', content }) });
  const [frame] = decode(chunk);
  chunk.write('carp', chunk.indexOf('cart'));
  expect(frame).toMatchObject({ message: { command: { content: { payload: Buffer.from('carp') } } } });
});

function poke(bytes: Buffer, at: number, value: number): Buffer {
  bytes[at] = value;
  return bytes;
}

function execute(command: Extract<PeerRequest, { kind: 'execute' }>['command'], budgetMs = 250): PeerRequest {
  return { kind: 'execute', route: 'owner', owner: a, incarnation: 1, budgetMs, command };
}

function miss(): Extract<PeerAnswer, { kind: 'reply' }>['reply'] {
  return { kind: 'miss', reason: 'unknown' };
}
