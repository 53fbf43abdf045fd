import type { Random } from '../support/sim/random.ts';
import type { Fault, FaultKind } from './faults.ts';
import { LETTERS } from './hosts.ts';

/** Time enough for the others to be sure that it is dead, and for visitors to meet that. */
const SHORTEST_HOLD_MS = 2500;
const LONGEST_HOLD_MS = 4500;

/** One fault of each of these kinds, in an order and upon hosts that the seed decides; no host twice before each had its turn. */
export function drawRound(random: Random, from: readonly FaultKind[]): Fault[] {
  const kinds = shuffle(from, random);
  let victims = shuffle(LETTERS, random);
  return kinds.map((kind) => {
    if (victims.length === 0) victims = shuffle(LETTERS, random);
    const [victim = random.pick(LETTERS), ...others] = victims;
    victims = others;
    return { kind, victim, holdMs: Math.round(random.between(SHORTEST_HOLD_MS, LONGEST_HOLD_MS)) };
  });
}

export function describeSchedule(faults: readonly Fault[]): string {
  return faults.map(({ kind, victim, holdMs }) => `${kind} ${victim} ${(holdMs / 1000).toFixed(1)}s`).join(', ');
}

function shuffle<T extends string>(from: readonly T[], random: Random): T[] {
  const left = [...from];
  return from.map(() => {
    const [picked] = left.splice(random.below(left.length), 1);
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  });
}
