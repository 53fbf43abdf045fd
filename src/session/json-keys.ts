/**
 * Keys in a JSON body, arrays and objects counted with them. Parsing costs by the key, not by the byte: with so many it
 * takes about 25 ms of an event loop on which a peer is suspected after 200 ms.
 */
export const MAX_BODY_KEYS = 40_000;

/** Keys in a session and the merge patch for it, together: a merge parses both, and writes the result. */
export const MAX_MERGE_KEYS = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/**
 * How many keys, arrays and objects are in this JSON text, without parsing it: refusing it must be cheap. Counts no
 * further than one above `limit`. Whether the text is JSON at all is not asked here.
 */
export function countKeys(bytes: Buffer, limit: number): number {
  let count = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length && count <= limit; at += 1) {
    const byte = bytes[at];
    if (isInString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === COLON || byte === OPENING_BRACKET || byte === OPENING_BRACE) count += 1;
  }
  return count;
}
