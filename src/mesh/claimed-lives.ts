import { FrameError } from '../errors.ts';
import type { Letter } from '../session/letter.ts';
import type { LifeHistory, PeerAnswer, PeerRequest } from './message.ts';

/** Whether a node of this letter can have such a life. */
export type IsCredible = (letter: Letter, incarnation: number) => boolean;

interface Claim {
  readonly letter: Letter;
  readonly incarnation: number;
}

/** @throws FrameError where a peer names a life that cannot be one: nothing of what it says is believed then. */
export function checkRequest(from: Letter, request: PeerRequest, isCredible: IsCredible): void {
  check(claimsOfRequest(from, request), isCredible);
}

/** @throws FrameError as `checkRequest` does. */
export function checkAnswer(from: Letter, answer: PeerAnswer, self: Letter, isCredible: IsCredible): void {
  if (answer.kind === 'pong') check([{ letter: from, incarnation: answer.incarnation }], isCredible);
  else if (answer.kind === 'history') check(claimsOfHistory(from, answer.history, self), isCredible);
}

export function describeClaim(letter: Letter, incarnation: number): string {
  return (
    `the life ${incarnation} of ${letter} is more than two days ahead of the clock that should check it: ` +
    `set the clocks of both hosts, and restart the one that was wrong`
  );
}

function check(claims: readonly Claim[], isCredible: IsCredible): void {
  const wrong = claims.find(({ letter, incarnation }) => !isCredible(letter, incarnation));
  if (wrong !== undefined) throw new FrameError(describeClaim(wrong.letter, wrong.incarnation));
}

function claimsOfRequest(from: Letter, request: PeerRequest): readonly Claim[] {
  const { incarnation } = request;
  switch (request.kind) {
    case 'join':
      return [
        { letter: from, incarnation },
        { letter: from, incarnation: request.priorIncarnation },
      ];
    case 'accuse':
      return [{ letter: request.letter, incarnation }];
    case 'execute':
      // It is compared only, with the life of the node that answers for the id.
      return [];
    case 'ping':
    case 'collect':
    case 'hold':
    case 'release':
    case 'goodbye':
    case 'pause':
      return [{ letter: from, incarnation }];
  }
}

function claimsOfHistory(from: Letter, history: LifeHistory, self: Letter): readonly Claim[] {
  return [
    { letter: from, incarnation: history.serving },
    { letter: from, incarnation: history.settled },
    { letter: self, incarnation: history.recalls },
    { letter: self, incarnation: history.highestIncarnation },
    ...history.dead,
    ...history.estates.map(({ letter, life }) => ({ letter, incarnation: life })),
  ];
}
