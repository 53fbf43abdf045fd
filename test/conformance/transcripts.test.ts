import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InProcessNode } from '../support/in-process-node.ts';
import { MemcachedBeside } from '../support/memcached-beside.ts';
import { DEFAULT_LIFE_SECONDS } from './comparable.ts';
import { converse, type Cut } from './conversation.ts';
import { intendedDifferences } from './intended-differences.ts';
import { ModelConnection } from './model-connection.ts';
import { bytesOf, type Transcript } from './scenario.ts';
import { binaryTranscripts, metaTranscripts, textTranscripts } from './transcripts.ts';
import { RunningDaemon } from './running-daemon.ts';
import { Wire } from './wire.ts';

/** Longer steps (values of a megabyte) are sent whole, and a few bytes at a time. */
const LONGEST_TO_SPLIT = 3000;
const FEW_BYTES = 20_000;

interface Server {
  /** A path or `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

async function startInProcess(): Promise<Server> {
  const node = await InProcessNode.start({ doorsAllowFlush: true, sessionTtlSeconds: String(DEFAULT_LIFE_SECONDS) });
  return { address: node.path, close: () => node.close() };
}

async function startMemcached(): Promise<Server> {
  const memcached = await MemcachedBeside.start();
  return { address: memcached.path, close: () => memcached.close() };
}

let server: Server;
let control: Wire;

async function expectSame(transcript: Transcript, cut: Cut, how: string): Promise<void> {
  const outcomes = await converse(server.address, control, transcript, cut);
  expect(
    outcomes.map(({ answered }) => answered),
    how,
  ).toEqual(outcomes.map(({ expected }) => expected));
}

describe.each([
  // Only here is it sure that each piece of a request is read for itself.
  ['maglia, in this process, without a Memcached', 'maglia', startInProcess],
  ['maglia, a daemon with its Memcached', 'maglia', () => RunningDaemon.start()],
  ['the memcached beside it', 'memcached', startMemcached],
] as const)('%s, answers as memcached 1.6.18 did', (_name, side, start) => {
  beforeAll(async () => {
    server = await start();
    control = await Wire.open(server.address);
  });

  afterAll(async () => {
    control.close();
    await server.close();
  });

  describe.each([
    ['text', textTranscripts],
    ['meta', metaTranscripts],
    ['binary', binaryTranscripts],
  ])('in the %s protocol', (_protocol, transcripts) => {
    test.each(transcripts)('$name', async (transcript) => {
      await expectSame(transcript, (bytes) => [bytes], 'whole');
    });

    const toCut = side === 'memcached' ? transcripts.filter(staysOpen) : transcripts;

    test.each(toCut)('$name, byte by byte', async (transcript) => {
      await expectSame(transcript, pieces, 'byte by byte');
    });

    test.each(toCut.filter(isShort))('$name, split at every point', async (transcript) => {
      const longest = Math.max(...transcript.steps.map(({ send }) => send.length));
      for (let at = 1; at < longest; at += 1) {
        await expectSame(transcript, (bytes) => [bytes.subarray(0, at), bytes.subarray(at)], `split at byte ${at}`);
      }
    });
  });

  test.each(intendedDifferences)('except for the intended difference $id', async (difference) => {
    const model = new ModelConnection();
    const steps = difference.steps.map(bytesOf).map((send) => ({ send, answer: model.send(send) }));
    const lastStep = steps.at(-1);
    if (lastStep !== undefined) lastStep.answer = difference[side];
    await expectSame({ name: difference.id, steps }, (bytes) => [bytes], difference.id);
  });
});

/** memcached closes without having read what else was sent, and the reset may overtake its last answer. */
function staysOpen({ steps }: Transcript): boolean {
  return steps.every(({ answer }) => !answer.closes);
}

function isShort({ steps }: Transcript): boolean {
  return steps.every(({ send }) => send.length <= LONGEST_TO_SPLIT);
}

function pieces(bytes: Buffer): Buffer[] {
  const length = bytes.length > LONGEST_TO_SPLIT ? FEW_BYTES : 1;
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
