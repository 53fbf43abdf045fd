import type { ConfigProblem } from '../errors.ts';
import { distrust, formatMode } from './file-trust.ts';
import type { OptionPath } from './options.ts';
import type { ConfigSources } from './sources.ts';

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
