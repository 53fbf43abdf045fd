import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credential } from '../../config/config.ts';

/** SASL mechanisms that this door knows. */
export const MECHANISMS = 'PLAIN';

const NUL = '\0';

/** Who may come in. Compared in a time that tells nothing about the passwords, nor about which users there are. */
export class Credentials {
  readonly #digests: readonly Buffer[];

  constructor(credentials: readonly Credential[]) {
    this.#digests = credentials.map(({ user, password }) => digestOf(user, password));
  }

  get isEmpty(): boolean {
    return this.#digests.length === 0;
  }

  /** RFC 4616: authorization identity, which may be left out, user and password, with NUL between. */
  acceptsPlain(message: Buffer): boolean {
    const parts = message.toString('latin1').split(NUL);
    const [identity, user, password] = parts;
    if (parts.length !== 3 || user === undefined || password === undefined) return false;
    return (identity === '' || identity === user) && this.#accepts(user, password);
  }

  /** memcached's own way for its text protocol: `set` of any key to user and password, with a space between. */
  acceptsText(value: Buffer): boolean {
    const text = value.toString('latin1');
    const at = text.indexOf(' ');
    return at !== -1 && this.#accepts(text.slice(0, at), text.slice(at + 1));
  }

  #accepts(user: string, password: string): boolean {
    const presented = digestOf(user, password);
    let matches = 0;
    for (const digest of this.#digests) matches += timingSafeEqual(digest, presented) ? 1 : 0;
    return matches > 0;
  }
}

function digestOf(user: string, password: string): Buffer {
  return createHash('sha256').update(`${user}${NUL}${password}`, 'latin1').digest();
}
