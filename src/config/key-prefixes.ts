import { givenTexts, quote, showGiven, type ValueType } from './value-type.ts';

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
