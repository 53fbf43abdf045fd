import type { ConfigProblem } from '../errors.ts';
import type { Credential } from './config.ts';
import type { OptionPath } from './options.ts';
import { distrust, formatMode, type ConfigSources } from './sources.ts';

export type SecretRead =
  { readonly kind: 'secret'; readonly secret: Buffer } | { readonly kind: 'unusable'; readonly problem: ConfigProblem };

const MIN_SECRET_BYTES = 16;

const READABLE_BY_EVERYBODY = 0o004;

/**
 * What a mesh secret must look like it holds; a caller that was dialled once can try guesses at home. By the bytes' frequencies,
 * even 16 random ones look like 64 bits at most, so that more cannot be asked of the shortest.
 */
const MIN_APPARENT_BITS = 48;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const BLANKS = new Set(Buffer.from(' \t\r\n'));

/**
 * Reads a secret without what editors put around it: a byte order mark, blanks, newlines. A problem shows neither the secret nor the path
 * of its file: now and then somebody writes the secret where the path belongs.
 */
export async function readSecretFile(
  path: OptionPath,
  file: string,
  sources: Pick<ConfigSources, 'readFile' | 'userId'>,
): Promise<SecretRead> {
  const unusable = (found: string, expected: string): SecretRead => ({
    kind: 'unusable',
    problem: { path, found, expected },
  });
  const read = await sources.readFile(file);
  if (read.kind === 'unreadable') {
    return unusable(read.why, "the path of a file that this user may read; in the file it begins at the file's folder");
  }
  if ((read.mode & READABLE_BY_EVERYBODY) !== 0) {
    return unusable(
      `a file that everybody may read (mode ${formatMode(read.mode)})`,
      'mode 0600 or 0640: chmod o= takes it from the others',
    );
  }
  const doubt = distrust(read, sources);
  if (doubt !== undefined) return unusable(doubt.found, doubt.expected);
  const secret = trim(read.bytes);
  if (secret.length < MIN_SECRET_BYTES) {
    return unusable(
      `${secret.length} bytes`,
      `at least ${MIN_SECRET_BYTES} bytes; openssl rand -base64 32 makes good ones`,
    );
  }
  if (path === 'secretFile' && apparentBits(secret) < MIN_APPARENT_BITS) {
    return unusable('a secret that can be guessed', 'a random one; openssl rand -hex 32 makes good ones');
  }
  return { kind: 'secret', secret };
}

function trim(bytes: Buffer): Buffer {
  let start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  let end = bytes.length;
  while (start < end && BLANKS.has(bytes[start] ?? 0)) start += 1;
  while (end > start && BLANKS.has(bytes[end - 1] ?? 0)) end -= 1;
  return bytes.subarray(start, end);
}

/** The entropy of the frequencies of its bytes, times their number: an upper bound for one that was drawn by a person. */
function apparentBits(secret: Buffer): number {
  const counts = new Map<number, number>();
  for (const byte of secret) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits + count * Math.log2(secret.length / count), 0);
}

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
