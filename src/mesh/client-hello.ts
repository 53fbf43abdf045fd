import type { Letter } from '../session/letter.ts';
import { letterOfIdentity } from './psk.ts';

/** The hello of a node has a few hundred bytes, of one with a post-quantum key share less than 2000. */
export const CLIENT_HELLO_MAX_BYTES = 4096;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const PRE_SHARED_KEY = 41;
const RECORD_HEADER_BYTES = 5;

/** What a caller's first bytes are: not enough to tell, the beginning of a handshake with our kind of key, or neither. */
export type FirstBytes =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'introduction'; readonly letter: Letter }
  | { readonly kind: 'foreign'; readonly isTls: boolean; readonly why: string };

/** TLS would say it at much greater cost: fatal, handshake_failure. */
export const HANDSHAKE_FAILURE = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

/**
 * Looks into a TLS ClientHello (RFC 8446, 4.1.2) for the key that the caller means to use. It proves nothing. But no caller without
 * it can come in, so that none costs a handshake.
 */
export function readFirstBytes(bytes: Buffer): FirstBytes {
  if (bytes[0] !== HANDSHAKE_RECORD || (bytes.length > 1 && bytes[1] !== 3)) return foreign(false, 'no TLS');
  if (bytes.length < RECORD_HEADER_BYTES) return { kind: 'incomplete' };
  const length = bytes.readUInt16BE(3);
  if (length > CLIENT_HELLO_MAX_BYTES - RECORD_HEADER_BYTES) return foreign(true, 'a TLS hello that is too long');
  if (bytes.length < RECORD_HEADER_BYTES + length) return { kind: 'incomplete' };
  const identities = pskIdentities(bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + length));
  for (const identity of identities) {
    const letter = letterOfIdentity(identity);
    if (letter !== undefined) return { kind: 'introduction', letter };
  }
  return foreign(true, "TLS without a node's key");
}

function foreign(isTls: boolean, why: string): FirstBytes {
  return { kind: 'foreign', isTls, why };
}

/** None where the message is anything but a hello of the usual form, from its first byte to its last. */
function pskIdentities(message: Buffer): string[] {
  const hello = new TlsReader(message);
  const type = hello.integer(1);
  const body = hello.vector(3);
  body.bytes(2 + 32);
  body.vector(1);
  body.vector(2);
  body.vector(1);
  const extensions = body.vector(2);
  if (type !== CLIENT_HELLO || hello.isBroken || body.isBroken) return [];
  while (!extensions.isAtEnd) {
    const extension = extensions.integer(2);
    const content = extensions.vector(2);
    if (extension === PRE_SHARED_KEY) return identitiesOf(content);
  }
  return [];
}

function identitiesOf(extension: TlsReader): string[] {
  const found: string[] = [];
  const list = extension.vector(2);
  while (!list.isAtEnd) {
    const identity = list.vector(2).rest();
    list.bytes(4);
    if (!list.isBroken) found.push(identity.toString('latin1'));
  }
  return found;
}

/** Takes TLS's fields off bytes. Where they end too soon it is broken, is at its end, and gives nothing more. */
class TlsReader {
  readonly #bytes: Buffer;
  #at = 0;
  isBroken = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.isBroken || this.#at === this.#bytes.length;
  }

  integer(width: number): number {
    const bytes = this.bytes(width);
    return bytes.length === 0 ? 0 : bytes.readUIntBE(0, width);
  }

  /** What is preceded by its length. */
  vector(widthOfLength: number): TlsReader {
    const inner = new TlsReader(this.bytes(this.integer(widthOfLength)));
    inner.isBroken = this.isBroken;
    return inner;
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#at);
  }

  bytes(count: number): Buffer {
    const end = this.#at + count;
    if (this.isBroken || end > this.#bytes.length) {
      this.isBroken = true;
      return Buffer.alloc(0);
    }
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
