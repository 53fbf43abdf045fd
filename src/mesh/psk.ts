import { hkdfSync } from 'node:crypto';
import { isLetter, type Letter } from '../session/letter.ts';

/** A label for each use of the secret, so that no two uses share a key. */
const KEY_LABEL = 'maglia mesh psk v1';
const KEY_BYTES = 32;

const IDENTITY_PREFIX = 'maglia/1 ';

/** The TLS pre-shared key of the mesh: HKDF-SHA256 (RFC 5869) over the cluster secret. */
export function meshKey(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), KEY_LABEL, KEY_BYTES));
}

/**
 * What a dialler calls itself before it has proved anything: it travels unencrypted, and serves only to name in the
 * acceptor's log whose secret is wrong.
 */
export function pskIdentity(letter: Letter): string {
  return `${IDENTITY_PREFIX}${letter}`;
}

export function letterOfIdentity(identity: string): Letter | undefined {
  if (!identity.startsWith(IDENTITY_PREFIX)) return undefined;
  const letter = identity.slice(IDENTITY_PREFIX.length);
  return isLetter(letter) ? letter : undefined;
}
