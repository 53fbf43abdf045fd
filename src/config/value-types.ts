import { resolve } from 'node:path';
import { isLetter, type Letter } from '../session/letter.ts';
import { givenText, showGiven, showKind, givenTexts, quote, type Given, type ValueType } from './option-row.ts';

const WHOLE_NUMBER_FORM = /^(?:0|[1-9]\d{0,15})$/;

/** C0 controls and DEL: nothing that a person meant to write. */
const CONTROL_FORM = /\p{Cc}/u;

/** A whole number from `min` to `max`, both included. In the file a number, not a text. */
export function integer(placeholder: string, min: number, max: number): ValueType<number> {
  return {
    placeholder: `<${placeholder}>`,
    expected: `a whole number from ${min} to ${max}`,
    read({ given, complain }) {
      const value = givenNumber(given);
      if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
      complain(showGiven(given));
      return undefined;
    },
  };
}

function givenNumber(given: Given): number {
  if (given.kind === 'text') return WHOLE_NUMBER_FORM.test(given.text) ? Number(given.text) : Number.NaN;
  return typeof given.value === 'number' ? given.value : Number.NaN;
}

export const truth: ValueType<boolean> = {
  placeholder: '[true|false]',
  expected: 'true or false',
  read({ given, complain }) {
    if (given.kind === 'json' && typeof given.value === 'boolean') return given.value;
    if (given.kind === 'text' && (given.text === 'true' || given.text === 'false')) return given.text === 'true';
    complain(showGiven(given));
    return undefined;
  },
};

export function oneOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return {
    placeholder: `<${choices.join('|')}>`,
    expected: `one of ${choices.join(', ')}`,
    read({ given, complain }) {
      const text = givenText(given);
      const choice = choices.find((candidate) => candidate === text);
      if (choice === undefined) complain(showGiven(given));
      return choice;
    },
  };
}

/** A text that is taken as it is. */
export function line(placeholder: string, expected: string): ValueType<string> {
  return {
    placeholder: `<${placeholder}>`,
    expected,
    read({ given, complain }) {
      const text = givenText(given);
      if (text !== undefined && text !== '' && !CONTROL_FORM.test(text)) return text;
      complain(showGiven(given));
      return undefined;
    },
  };
}

/** A path; it comes out absolute. What was written is never shown, since now and then it is the secret itself. */
export function path(placeholder: string, expected: string): ValueType<string> {
  return {
    placeholder: `<${placeholder}>`,
    expected,
    read({ given, folder, complain }) {
      const text = givenText(given);
      if (text !== undefined && text !== '' && !CONTROL_FORM.test(text)) return resolve(folder, text);
      complain(showKind(given));
      return undefined;
    },
  };
}

export const letter: ValueType<Letter> = {
  placeholder: '<letter>',
  expected: 'one character of a-z, A-Z, 0-9',
  read({ given, complain }) {
    const text = givenText(given);
    if (text !== undefined && isLetter(text)) return text;
    complain(`${showGiven(given)}, which is not a letter`);
    return undefined;
  },
};

/** As bytes of a key go; the id behind it needs room as well. */
const PREFIX_FORM = /^[\x21-\x7e]{1,200}$/;

/** Beginnings of keys. An empty list in the file, or an empty text elsewhere: none. */
export const keyPrefixes: ValueType<readonly string[]> = {
  placeholder: '<prefix,…>',
  expected: 'a list of prefixes, each of 1 to 200 printable ASCII characters without a space',
  read({ given, complain }) {
    const texts = givenTexts(given);
    if (texts === undefined) {
      complain(showGiven(given));
      return undefined;
    }
    for (const [index, text] of texts.entries()) {
      if (!PREFIX_FORM.test(text)) complain(quote(text), undefined, String(index));
      else if (texts.indexOf(text) !== index) complain(`${quote(text)} again`, 'each prefix once', String(index));
    }
    return texts;
  },
};
