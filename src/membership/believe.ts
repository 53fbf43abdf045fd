import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { isCredibleLife, MAX_INCARNATION } from '../session/version.ts';
import type { Letter } from '../session/letter.ts';
import type { Lives } from './lives.ts';
import type { Members } from './members.ts';
import type { Tenure } from './tenure.ts';

export interface BelieveParts {
  readonly letter: Letter;
  readonly members: Pick<Members, 'letters' | 'stateOf'>;
  readonly lives: Pick<Lives, 'of' | 'served'>;
  readonly tenure: Pick<Tenure, 'incarnation'>;
  readonly clock: Clock;
}

/** Judges the lives that peers name, by our clock and by what we know of that letter. */
export function believe(parts: BelieveParts): (letter: Letter, incarnation: number) => boolean {
  const { clock, letter: self, lives, members, tenure } = parts;
  const latestOf = (letter: Letter): number => {
    if (letter === self) return Math.max(tenure.incarnation, lives.served);
    const met = members.letters.includes(letter) ? members.stateOf(letter).incarnation : 0;
    return Math.max(met, lives.of(letter)?.incarnation ?? 0);
  };
  return (letter, incarnation) => isCredibleLife(incarnation, latestOf(letter), clock.now());
}

/** @throws ConfigError where a life that began now would spoil the letter. */
export function checkClock(clock: Clock): void {
  const now = clock.now();
  if (now <= MAX_INCARNATION) return;
  const problem = { path: "this host's clock", found: new Date(now).toISOString(), expected: 'the right time' };
  throw new ConfigError([problem]);
}
