/*
 * An id on the wire is what `isKeyForm` says, looked at byte by byte as it is written or read; the test of the field
 * codecs holds the two together.
 */

export const MAX_ID_BYTES = 250;

/** Printable ASCII, no space. */
export function isIdByte(byte: number): boolean {
  return byte >= 0x21 && byte <= 0x7e;
}
