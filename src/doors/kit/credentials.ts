import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credential } from '../../config/config.ts';

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

  /** Both as they came, one character for each byte. */
  accepts(user: string, password: string): boolean {
    const presented = digestOf(user, password);
    let matches = 0;
    for (const digest of this.#digests) matches += timingSafeEqual(digest, presented) ? 1 : 0;
    return matches > 0;
  }
}

function digestOf(user: string, password: string): Buffer {
  return createHash('sha256').update(`${user}${NUL}${password}`, 'latin1').digest();
}
