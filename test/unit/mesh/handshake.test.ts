import { describe, expect, test } from 'vitest';
import { HANDSHAKE_REFUSALS } from '../../../src/errors.ts';
import { judgeAnswer, judgeHello, type Acceptor, type Rival } from '../../../src/mesh/handshake.ts';
import { WIRE_VERSION, type Hello, type HelloAnswer } from '../../../src/mesh/message.ts';
import { letter } from '../../support/mesh-messages.ts';

const [a, b, c, z] = [letter('a'), letter('b'), letter('c'), letter('z')];

/** b calls a. */
const caller: Hello = {
  wireVersion: WIRE_VERSION,
  letter: b,
  to: a,
  incarnation: 200,
  phase: 'serving',
  mapDigest: 'same',
  software: '0.1.0',
};
const own: Hello = { ...caller, letter: a, to: b, incarnation: 100 };
const acceptor: Acceptor = {
  hello: own,
  map: { has: (one) => [a, b, c].includes(one) },
  rivals: [],
  suspectAfterMs: 150,
  isCredible: (_letter, life) => life < 1000,
};

function refusalOf(answer: HelloAnswer): string {
  return answer.kind === 'refused' ? answer.refusal : answer.kind;
}

describe('the acceptor', () => {
  test('welcomes a peer that agrees with it, and says who it is itself', () => {
    expect(judgeHello(caller, acceptor)).toEqual({ kind: 'welcome', hello: own });
  });

  test.each<[string, Partial<Hello>, RegExp]>([
    ['wrong-version', { wireVersion: 99, software: '9.0.0' }, /version 99 .*9\.0\.0.*same release/],
    ['not-a-peer', { letter: a }, /says that it is a.*another letter.*correct the address/],
    ['unknown-letter', { letter: z }, /map of a has no letter z: give both nodes the same map/],
    ['wrong-letter', { to: c }, /looked for c and reached a: correct the address of c/],
    ['wrong-clock', { incarnation: 1001 }, /life 1001 of b is more than two days ahead.*set the clocks/],
    ['wrong-map', { mapDigest: 'other' }, /digest other on b, same on a.*same letters and addresses/],
  ])('refuses %s, and tells what to do', (refusal, change, explanation) => {
    expect(judgeHello({ ...caller, ...change }, acceptor)).toEqual({
      kind: 'refused',
      refusal,
      explanation: expect.stringMatching(explanation) as string,
    });
  });

  test.each<[string, Partial<Hello>]>([
    ['wrong-version', { wireVersion: 99, letter: z, to: c, mapDigest: '' }],
    ['not-a-peer', { letter: a, to: c, mapDigest: 'other' }],
    ['unknown-letter', { letter: z, to: c, mapDigest: 'other' }],
    ['wrong-letter', { to: c, mapDigest: 'other' }],
  ])('names %s before the reasons that follow from it', (refusal, change) => {
    expect(refusalOf(judgeHello({ ...caller, ...change }, acceptor))).toBe(refusal);
  });

  test.each<[string, Rival, string]>([
    ['another life that answers', { incarnation: 150, heardAgoMs: 149 }, 'duplicate-letter'],
    ['a newer life that answers', { incarnation: 250, heardAgoMs: 0 }, 'duplicate-letter'],
    ['another life that has fallen silent', { incarnation: 150, heardAgoMs: 150 }, 'welcome'],
    ['the same life, which has dialled anew', { incarnation: 200, heardAgoMs: 0 }, 'welcome'],
  ])('beside a connection of %s', (_what, rival, outcome) => {
    expect(refusalOf(judgeHello(caller, { ...acceptor, rivals: [rival] }))).toBe(outcome);
  });

  test('finds the one living rival among silent ones', () => {
    const rivals = [
      { incarnation: 1, heardAgoMs: 9999 },
      { incarnation: 2, heardAgoMs: 3 },
    ];
    const answer = judgeHello(caller, { ...acceptor, rivals });
    expect(answer).toMatchObject({
      refusal: 'duplicate-letter',
      explanation: expect.stringContaining('another node called b') as string,
    });
  });
});

describe('the dialler', () => {
  const welcome = (change: Partial<Hello> = {}): HelloAnswer => ({ kind: 'welcome', hello: { ...own, ...change } });

  test('takes the welcome of the peer that it looked for', () => {
    expect(judgeAnswer(welcome(), caller, acceptor.isCredible)).toEqual(welcome());
  });

  test.each(HANDSHAKE_REFUSALS)('believes the refusal %s', (refusal) => {
    const answer: HelloAnswer = { kind: 'refused', refusal, explanation: 'because' };
    expect(judgeAnswer(answer, caller, acceptor.isCredible)).toBe(answer);
  });

  test.each<[string, Partial<Hello>]>([
    ['wrong-version', { wireVersion: 99 }],
    ['wrong-letter', { letter: c }],
    ['wrong-letter', { to: c }],
    ['wrong-map', { mapDigest: 'other' }],
    ['wrong-clock', { incarnation: 1001 }],
  ])('refuses a welcome with %s', (refusal, change) => {
    expect(refusalOf(judgeAnswer(welcome(change), caller, acceptor.isCredible))).toBe(refusal);
  });
});
