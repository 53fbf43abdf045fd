import { FrameError } from '../errors.ts';

/**
 * One set of words and the byte that stands for each on the wire. The bytes are written out where the table is made, and
 * a table only ever grows: a byte that was given away once keeps its meaning, whatever the order in the source.
 */
export class CodeTable<Word extends string> {
  readonly #what: string;
  readonly #codes: Readonly<Record<Word, number>>;
  /** By their bytes. */
  readonly #words: readonly (Word | undefined)[];

  constructor(what: string, codes: Readonly<Record<Word, number>>) {
    this.#what = what;
    this.#codes = codes;
    const words = new Array<Word | undefined>(256).fill(undefined);
    for (const word of Object.keys(codes) as Word[]) words[codes[word]] = word;
    this.#words = words;
  }

  code(word: Word): number {
    return this.#codes[word];
  }

  /** @throws FrameError for a byte that stands for nothing. */
  word(code: number): Word {
    const word = this.#words[code];
    if (word === undefined) throw new FrameError(`${code} is no ${this.#what} of this wire version`);
    return word;
  }
}
