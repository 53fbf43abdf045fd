import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InProcessNode } from '../support/in-process-node.ts';
import { DEFAULT_LIFE_SECONDS } from './comparable.ts';
import { converse, type Cut } from './conversation.ts';
import { intendedDifferences } from './intended-differences.ts';
import { ModelConnection } from './model-connection.ts';
import { bytesOf, type Transcript } from './scenario.ts';
import { binaryTranscripts, metaTranscripts, textTranscripts } from './transcripts.ts';
import { Wire } from './wire.ts';

/** Longer steps (values of a megabyte) are sent whole, and a few bytes at a time. */
const LONGEST_TO_SPLIT = 3000;
const FEW_BYTES = 20_000;

let node: InProcessNode;
let control: Wire;

beforeAll(async () => {
  node = await InProcessNode.start({
    doorsAllowFlush: true,
    sessionTtlSeconds: String(DEFAULT_LIFE_SECONDS),
  });
  control = await Wire.open(node.path);
});

afterAll(async () => {
  control.close();
  await node.close();
});

async function expectSame(transcript: Transcript, cut: Cut, how: string): Promise<void> {
  const outcomes = await converse(node.path, control, transcript, cut);
  expect(
    outcomes.map(({ answered }) => answered),
    how,
  ).toEqual(outcomes.map(({ expected }) => expected));
}

describe.each([
  ['text', textTranscripts],
  ['meta', metaTranscripts],
  ['binary', binaryTranscripts],
])('over a socket, the %s protocol is answered as memcached 1.6.18 did', (_protocol, transcripts) => {
  test.each(transcripts)('$name', async (transcript) => {
    await expectSame(transcript, (bytes) => [bytes], 'whole');
  });

  test.each(transcripts)('$name, byte by byte', async (transcript) => {
    await expectSame(transcript, pieces, 'byte by byte');
  });

  test.each(transcripts.filter(isShort))('$name, split at every point', async (transcript) => {
    const longest = Math.max(...transcript.steps.map(({ send }) => send.length));
    for (let at = 1; at < longest; at += 1) {
      await expectSame(transcript, (bytes) => [bytes.subarray(0, at), bytes.subarray(at)], `split at byte ${at}`);
    }
  });
});

describe('over a socket, an intended difference is what is written down', () => {
  test.each(intendedDifferences)('$id', async ({ id, steps }) => {
    const model = new ModelConnection();
    const answered = steps.map(bytesOf).map((send) => ({ send, answer: model.send(send) }));
    await expectSame({ name: id, steps: answered }, (bytes) => [bytes], id);
  });
});

function isShort({ steps }: Transcript): boolean {
  return steps.every(({ send }) => send.length <= LONGEST_TO_SPLIT);
}

function pieces(bytes: Buffer): Buffer[] {
  const length = bytes.length > LONGEST_TO_SPLIT ? FEW_BYTES : 1;
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
