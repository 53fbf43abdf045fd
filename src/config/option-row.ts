/** One option. Its path in the file names its variable and its flag as well, see `option-names.ts`. */
export type OptionRow = {
  readonly type: ValueType<unknown>;
  /** One line, for help and docs. */
  readonly says: string;
  /** The name it had before: taken as well for one release, in the file, as a variable and as a flag. */
  readonly formerPath?: string;
  /** Names variable and flag where the path should not. */
  readonly shortName?: string;
  /** Present where the option cannot stand in the file. */
  readonly isInFile?: false;
} & (
  | {
      /** The default, as one would write it in the file. */
      readonly fallback: unknown;
    }
  | {
      /** What holds without it, where that is no fixed value. */
      readonly otherwise: string;
    }
);

/** A value as it was written: out of a JSON file, or the text of a variable or flag. */
export type Given =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'text'; readonly text: string };

/** One value on its way from a source into the configuration. */
export interface Reading {
  readonly given: Given;
  /** Where a relative path in this source begins. */
  readonly folder: string;
  /** Tells what is wrong; `expected` where there is more to say than the type's own, `below` for a part of the value. */
  readonly complain: (found: string, expected?: string, below?: string) => void;
}

/** What an option can be. */
export interface ValueType<T> {
  /** Stands for the value in a flag's usage. */
  readonly placeholder: string;
  /** Ends the sentence "expected …". */
  readonly expected: string;
  /** Gives the value, or has complained. */
  readonly read: (reading: Reading) => T | undefined;
}

const SHOWN_CHARACTERS = 60;

/** A value for a problem's text: short, on one line. Not for options whose value may be a secret put in the wrong place. */
export function showGiven(given: Given): string {
  const value = given.kind === 'json' ? given.value : given.text;
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' ? String(value) : showKind(given);
}

/** What kind of value it is, and nothing of what it says. */
export function showKind(given: Given): string {
  const value = given.kind === 'json' ? given.value : given.text;
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'number') return 'a number';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'an object' : String(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** The text, whether it stood in the file or elsewhere. */
export function givenText(given: Given): string | undefined {
  if (given.kind === 'text') return given.text;
  return typeof given.value === 'string' ? given.value : undefined;
}

/** A list in the file, commas elsewhere. */
export function givenTexts(given: Given): string[] | undefined {
  if (given.kind === 'text') return given.text.trim() === '' ? [] : given.text.split(',').map((text) => text.trim());
  const { value } = given;
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
}
