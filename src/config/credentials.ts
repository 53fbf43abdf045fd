import type { Credential } from './config.ts';

export type CredentialsRead =
  | { readonly kind: 'credentials'; readonly credentials: readonly Credential[] }
  | { readonly kind: 'malformed'; readonly found: string; readonly expected: string };

/** SASL PLAIN sets user and password apart with NUL, memcached's text protocol with a space. */
const USER_FORM = /^[\x21-\x39\x3b-\x7e]{1,255}$/;
const PASSWORD_FORM = /^[\x21-\x7e]{1,255}$/;
/** As short as a token may be. A client that guesses is slowed down, and no more than that. */
const MIN_PASSWORD_CHARACTERS = 16;

const EXPECTED =
  'lines user:password of printable ASCII characters without a space, passwords of at least 16 (openssl rand -hex 16 makes good ones); empty lines and those that begin with # do not count';

/** Reads `user:password` lines. What is wrong is told by the number of its line: nothing of the line is shown. */
export function parseCredentials(text: Buffer): CredentialsRead {
  const credentials: Credential[] = [];
  for (const [index, line] of text.toString('latin1').split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf(':');
    const [user, password] = at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    if (!USER_FORM.test(user) || !PASSWORD_FORM.test(password)) {
      return { kind: 'malformed', found: `something else in line ${index + 1}`, expected: EXPECTED };
    }
    if (password.length < MIN_PASSWORD_CHARACTERS) {
      const found = `a password of fewer than ${MIN_PASSWORD_CHARACTERS} characters in line ${index + 1}`;
      return { kind: 'malformed', found, expected: EXPECTED };
    }
    if (credentials.some((other) => other.user === user)) {
      return { kind: 'malformed', found: `the same user again in line ${index + 1}`, expected: EXPECTED };
    }
    credentials.push({ user, password });
  }
  if (credentials.length === 0) return { kind: 'malformed', found: 'no user', expected: EXPECTED };
  return { kind: 'credentials', credentials };
}
