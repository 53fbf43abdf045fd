import type { Letter } from '../../src/session/letter.ts';
import type { Sighting } from './host.ts';

/** What proves that a fault came through to the mesh. */
export type Bite = 'taken for dead' | 'suspected' | 'new daemon' | 'new store' | 'wrong clock';

/** What each host's door shows; nothing of those that do not answer. */
export type Sightings = ReadonlyMap<Letter, Sighting>;

const FAR_OFF_MS = 30 * 60_000;

interface Look {
  readonly before: Sightings;
  readonly now: Sightings;
  readonly struck: readonly Letter[];
}

/** Whether it is to be seen now. */
const BITES: Readonly<Record<Bite, (look: Look) => boolean>> = {
  /** Every other host that answers, one at least, considers every one of the struck dead. */
  'taken for dead': ({ now, struck }) => {
    const others = [...now.values()].filter(({ view }) => !struck.includes(view.letter));
    return others.length > 0 && others.every(({ view }) => holdsFor(view, struck, ['dead', 'left']));
  },
  suspected: ({ now, struck }) =>
    [...now.values()].some(({ view }) => holdsFor(view, struck, ['suspect', 'dead', 'left', 'returning'])),
  'new daemon': ({ before, now, struck }) =>
    struck.every((letter) => isOther(before.get(letter)?.view.incarnation, now.get(letter)?.view.incarnation)),
  'new store': ({ before, now, struck }) =>
    struck.every((letter) => isOther(before.get(letter)?.view.store.pid, now.get(letter)?.view.store.pid)),
  'wrong clock': ({ now, struck }) =>
    struck.every((letter) => Math.abs(now.get(letter)?.clockAheadMs ?? 0) > FAR_OFF_MS),
};

export function isSeen(bite: Bite, look: Look): boolean {
  return BITES[bite](look);
}

function holdsFor(
  { letter: own, peers }: Sighting['view'],
  letters: readonly Letter[],
  states: readonly string[],
): boolean {
  const asked = peers.filter(({ letter }) => letter !== own && letters.includes(letter));
  return asked.length > 0 && asked.every(({ state }) => states.includes(state));
}

function isOther(before: number | undefined, now: number | undefined): boolean {
  return now !== undefined && now !== before;
}
