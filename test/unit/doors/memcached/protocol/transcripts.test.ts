import { describe, expect, test } from 'vitest';
import { ModelConnection } from '../../../../conformance/model-connection.ts';
import type { Transcript } from '../../../../conformance/scenario.ts';
import { binaryTranscripts, metaTranscripts, textTranscripts } from '../../../../conformance/transcripts.ts';

/** Longer steps (values of a megabyte) are sent whole, and a few bytes at a time. */
const LONGEST_TO_SPLIT = 3000;
const FEW_BYTES = 1000;

describe.each([
  ['text', textTranscripts],
  ['meta', metaTranscripts],
  ['binary', binaryTranscripts],
])('the %s protocol answers as memcached 1.6.18 did', (_protocol, transcripts) => {
  test.each(transcripts)('$name', ({ steps }) => {
    const connection = new ModelConnection();
    expect(steps.map(({ send }) => connection.send(send))).toEqual(steps.map(({ answer }) => answer));
  });

  test.each(transcripts)('$name, byte by byte', ({ steps }) => {
    const connection = new ModelConnection();
    const answers = steps.map(({ send }) => connection.send(...pieces(send)));
    expect(answers).toEqual(steps.map(({ answer }) => answer));
  });

  test.each(transcripts.filter(isShort))('$name, split at every point', ({ steps }) => {
    const longest = Math.max(...steps.map(({ send }) => send.length));
    const expected = steps.map(({ answer }) => answer);
    for (let at = 1; at < longest; at++) {
      const connection = new ModelConnection();
      const answers = steps.map(({ send }) => connection.send(send.subarray(0, at), send.subarray(at)));
      expect(answers, `split at byte ${at}`).toEqual(expected);
    }
  });

  test.each(transcripts.filter(isShort))('$name, all in one piece', ({ steps }) => {
    const connection = new ModelConnection();
    const answer = connection.send(Buffer.concat(steps.map(({ send }) => send)));
    expect(answer.bytes).toEqual(steps.map((step) => step.answer.bytes).join(''));
  });
});

function isShort({ steps }: Transcript): boolean {
  return steps.every(({ send }) => send.length <= LONGEST_TO_SPLIT);
}

function pieces(send: Buffer): Buffer[] {
  const length = send.length > LONGEST_TO_SPLIT * 3 ? FEW_BYTES : 1;
  const count = Math.ceil(send.length / length);
  return Array.from({ length: count }, (_, index) => send.subarray(index * length, (index + 1) * length));
}
