import type { Letter, LetterMap } from '../session/letter.ts';

/** For a dead owner: the next node after it in map order that is not dead; undefined where none is left. */
export function standInFor(owner: Letter, map: LetterMap, isPresent: (letter: Letter) => boolean): Letter | undefined {
  return map.lettersAfter(owner).find(isPresent);
}
