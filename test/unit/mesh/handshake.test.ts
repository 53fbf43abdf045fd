import { describe, expect, test } from 'vitest';
import { HANDSHAKE_REFUSALS } from '../../../src/errors.ts';
import { judgeAnswer, judgeHello, type Acceptor, type Rival } from '../../../src/mesh/handshake.ts';
import { OLDEST_WIRE_VERSION, WIRE_VERSION, type Hello, type HelloAnswer } from '../../../src/mesh/message.ts';
import { letter } from '../../support/mesh-messages.ts';

const [a, b, c, z] = [letter('a'), letter('b'), letter('c'), letter('z')];

/** b calls a. */
const caller: Hello = {
  wireVersion: WIRE_VERSION,
  oldestWireVersion: OLDEST_WIRE_VERSION,
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
    expect(judgeHello(caller, acceptor)).toEqual({ kind: 'welcome', hello: own, version: WIRE_VERSION });
  });

  test.each<[string, Partial<Hello>, number]>([
    ['both as we do', {}, 4],
    ['the one before only', { wireVersion: 3, oldestWireVersion: 3 }, 3],
    ['ours and the next one', { wireVersion: 5, oldestWireVersion: 4 }, 4],
  ])('speaks the newest version that both speak, with a node that speaks %s', (_what, change, version) => {
    expect(judgeHello({ ...caller, ...change }, acceptor)).toMatchObject({ kind: 'welcome', version });
  });

  test('says nothing to an older node that it could not read', () => {
    const older = { ...caller, wireVersion: 3, oldestWireVersion: 3 };
    const takes = { frameBytes: 100_000, commands: 7 };
    const answer = judgeHello(older, { ...acceptor, hello: { ...own, takes } });
    expect(answer).toEqual({
      kind: 'welcome',
      hello: { ...own, wireVersion: 3, oldestWireVersion: 3 },
      version: 3,
    });
  });

  test.each<[string, Partial<Hello>, RegExp]>([
    [
      'wrong-version',
      { wireVersion: 99, oldestWireVersion: 98, software: '9.0.0' },
      /b speaks versions 98 to 99 .*9\.0\.0.*a versions 3 to 4 .*same release.*skip no version/,
    ],
    ['wrong-version', { wireVersion: 2, oldestWireVersion: 2 }, /b speaks version 2 /],
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
    ['wrong-version', { wireVersion: 99, oldestWireVersion: 98, letter: z, to: c, mapDigest: '' }],
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
    expect(judgeAnswer(welcome(), caller, acceptor.isCredible)).toEqual({ ...welcome(), version: WIRE_VERSION });
  });

  test.each<[Partial<Hello>, number]>([
    [{ wireVersion: 3, oldestWireVersion: 3 }, 3],
    [{ wireVersion: 5, oldestWireVersion: 4 }, 4],
  ])('comes to the same version as the acceptor: %j, %d', (change, version) => {
    expect(judgeAnswer(welcome(change), caller, acceptor.isCredible)).toMatchObject({ kind: 'welcome', version });
  });

  test.each(HANDSHAKE_REFUSALS)('believes the refusal %s', (refusal) => {
    const answer: HelloAnswer = { kind: 'refused', refusal, explanation: 'because' };
    expect(judgeAnswer(answer, caller, acceptor.isCredible)).toBe(answer);
  });

  test.each<[string, Partial<Hello>]>([
    ['wrong-version', { wireVersion: 99, oldestWireVersion: 98 }],
    ['wrong-letter', { letter: c }],
    ['wrong-letter', { to: c }],
    ['wrong-map', { mapDigest: 'other' }],
    ['wrong-clock', { incarnation: 1001 }],
  ])('refuses a welcome with %s', (refusal, change) => {
    expect(refusalOf(judgeAnswer(welcome(change), caller, acceptor.isCredible))).toBe(refusal);
  });
});
