/** What became of a text that should be JSON. A place is told without a sample of the text: it may be a secret. */
export type JsonText =
  | {
      readonly kind: 'json';
      readonly value: unknown;
      /** The path of each key that its object has more than once. */
      readonly duplicates: readonly (readonly string[])[];
    }
  | { readonly kind: 'malformed'; readonly line: number; readonly column: number };

const MAX_DEPTH = 32;

/**
 * Reads what `JSON.parse` reads (to a depth of 32), and says which keys stand twice in one object: `JSON.parse` quietly
 * keeps the last, so that of two nodes with one letter one would vanish.
 */
export function readJson(text: string): JsonText {
  const scan = new JsonScan(text);
  try {
    scan.run();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const before = text.slice(0, scan.at).split('\n');
    return { kind: 'malformed', line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }
  return { kind: 'json', value: JSON.parse(text) as unknown, duplicates: scan.duplicates };
}

/** One walk over the text. Throws a SyntaxError with `at` on the place that is wrong. */
class JsonScan {
  at = 0;
  readonly duplicates: string[][] = [];
  readonly #text: string;
  readonly #trail: string[] = [];
  readonly #space = /[ \t\n\r]*/y;
  readonly #string = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
  readonly #word = /[^\s,:{}[\]"]+/y;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    this.#value();
    if (this.#next() !== undefined) this.#refuse();
  }

  #value(): void {
    if (this.#trail.length > MAX_DEPTH) this.#refuse();
    const first = this.#next();
    if (first === '{') this.#object();
    else if (first === '[') this.#array();
    else this.#literal(first === '"' ? this.#string : this.#word);
  }

  #object(): void {
    const keys = new Set<string>();
    this.at += 1;
    if (this.#skip('}')) return;
    do {
      if (this.#next() !== '"') this.#refuse();
      const key = String(this.#literal(this.#string));
      if (keys.has(key)) this.duplicates.push([...this.#trail, key]);
      keys.add(key);
      if (!this.#skip(':')) this.#refuse();
      this.#below(key);
    } while (this.#skip(','));
    if (!this.#skip('}')) this.#refuse();
  }

  #array(): void {
    let index = 0;
    this.at += 1;
    if (this.#skip(']')) return;
    do {
      this.#below(String(index));
      index += 1;
    } while (this.#skip(','));
    if (!this.#skip(']')) this.#refuse();
  }

  #below(key: string): void {
    this.#trail.push(key);
    this.#value();
    this.#trail.pop();
  }

  /** One string, number, true, false or null; what is right inside it is for `JSON.parse` to say. */
  #literal(form: RegExp): unknown {
    const literal = this.#match(form);
    const value = JSON.parse(literal) as unknown;
    this.at += literal.length;
    return value;
  }

  #skip(mark: string): boolean {
    const isThere = this.#next() === mark;
    if (isThere) this.at += 1;
    return isThere;
  }

  /** The next character that is not white space. */
  #next(): string | undefined {
    this.at += this.#match(this.#space).length;
    return this.#text[this.at];
  }

  #match(form: RegExp): string {
    form.lastIndex = this.at;
    return form.exec(this.#text)?.[0] ?? '';
  }

  #refuse(): never {
    throw new SyntaxError('not JSON');
  }
}
