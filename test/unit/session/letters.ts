import { isLetter, LetterMap, type Letter } from '../../../src/session/letter.ts';

export function letterOf(text: string): Letter {
  if (!isLetter(text)) throw new RangeError(`${text} is no letter`);
  return text;
}

/** A map with an address for each letter of this text, in the order given. */
export function mapOf(letters: string): LetterMap {
  return new LetterMap(
    new Map(Array.from(letters, (text, at) => [letterOf(text), { host: `10.0.0.${at + 1}`, port: 7421 }])),
  );
}
