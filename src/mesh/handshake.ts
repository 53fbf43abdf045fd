import type { HandshakeRefusal } from '../errors.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import { describeClaim, type IsCredible } from './claimed-lives.ts';
import type { Hello, HelloAnswer } from './message.ts';
import { commonVersion, describeVersions, helloIn } from './wire-version.ts';

/** A connection that holds the caller's letter already. */
export interface Rival {
  readonly incarnation: number;
  readonly heardAgoMs: number;
}

/** What an acceptor judges a caller by. */
export interface Acceptor {
  /** Our own hello, addressed to the caller. */
  readonly hello: Hello;
  readonly map: Pick<LetterMap, 'has'>;
  readonly rivals: readonly Rival[];
  readonly suspectAfterMs: number;
  readonly isCredible: IsCredible;
}

type Refused = Extract<HelloAnswer, { kind: 'refused' }>;

/** `version`: of the wire, from now on. */
export type Judgement = (Extract<HelloAnswer, { kind: 'welcome' }> & { readonly version: number }) | Refused;

/**
 * The acceptor's judgement of a caller. The explanation is read in both logs and in `status` on both sides, so it names
 * the nodes by letter and says what to do. The more particular reason comes first: a letter that is not in our map
 * means that the maps differ, too.
 */
export function judgeHello(caller: Hello, acceptor: Acceptor): Judgement {
  const { hello, isCredible, map, rivals, suspectAfterMs } = acceptor;
  const own = hello.letter;
  const version = commonVersion(caller, hello);
  if (version === undefined) return wrongVersion(caller, hello);
  if (caller.letter === own) {
    return refused(
      'not-a-peer',
      `a caller says that it is ${own}, and so does the node that it called: give one of the two another letter, ` +
        `or correct the address of ${caller.to} in the map`,
    );
  }
  if (!map.has(caller.letter)) {
    return refused(
      'unknown-letter',
      `the map of ${own} has no letter ${caller.letter}: give both nodes the same map and restart them`,
    );
  }
  if (caller.to !== own) return wrongLetter(caller.to, own);
  if (caller.mapDigest !== hello.mapDigest) return wrongMap(caller, hello);
  if (!isCredible(caller.letter, caller.incarnation)) return wrongClock(caller);
  const rival = rivals.find((one) => one.incarnation !== caller.incarnation && one.heardAgoMs < suspectAfterMs);
  if (rival !== undefined) {
    return refused(
      'duplicate-letter',
      `another node called ${caller.letter} is connected to ${own} and answers (its life ${rival.incarnation}, ` +
        `the caller's ${caller.incarnation}): stop one of the two, or give it a letter of its own`,
    );
  }
  return { kind: 'welcome', hello: helloIn(version, hello), version };
}

/** The dialler's judgement of the answer: it demands of the acceptor what the acceptor demanded of it. */
export function judgeAnswer(answer: HelloAnswer, ours: Hello, isCredible: IsCredible): Judgement {
  if (answer.kind === 'refused') return answer;
  const { hello } = answer;
  const version = commonVersion(ours, hello);
  if (version === undefined) return wrongVersion(ours, hello);
  if (hello.letter !== ours.to) return wrongLetter(ours.to, hello.letter);
  if (hello.to !== ours.letter) {
    return refused(
      'wrong-letter',
      `${hello.letter} took the caller ${ours.letter} for ${hello.to}: run the same release on both`,
    );
  }
  if (hello.mapDigest !== ours.mapDigest) return wrongMap(ours, hello);
  if (!isCredible(hello.letter, hello.incarnation)) return wrongClock(hello);
  return { ...answer, version };
}

function wrongVersion(caller: Hello, acceptor: Hello): Refused {
  return refused(
    'wrong-version',
    `${caller.letter} speaks ${describeVersions(caller)} of the wire (maglia ${caller.software}), ` +
      `${acceptor.letter} ${describeVersions(acceptor)} (maglia ${acceptor.software}): ` +
      `run the same release on both, and skip no version of the wire in an upgrade`,
  );
}

function wrongLetter(wanted: Letter, found: Letter): Refused {
  return refused(
    'wrong-letter',
    `the caller looked for ${wanted} and reached ${found}: correct the address of ${wanted} in the map`,
  );
}

function wrongMap(caller: Hello, acceptor: Hello): Refused {
  return refused(
    'wrong-map',
    `the maps differ (digest ${caller.mapDigest} on ${caller.letter}, ${acceptor.mapDigest} on ${acceptor.letter}): ` +
      `give each node the same letters and addresses, and restart the one that was wrong`,
  );
}

function wrongClock({ letter, incarnation }: Hello): Refused {
  return refused('wrong-clock', describeClaim(letter, incarnation));
}

function refused(refusal: HandshakeRefusal, explanation: string): Refused {
  return { kind: 'refused', refusal, explanation };
}
