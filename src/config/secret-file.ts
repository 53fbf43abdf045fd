import type { ConfigProblem } from '../errors.ts';
import type { OptionPath } from './options.ts';
import type { ConfigSources } from './sources.ts';

export type SecretRead =
  { readonly kind: 'secret'; readonly secret: Buffer } | { readonly kind: 'unusable'; readonly problem: ConfigProblem };

const MIN_SECRET_BYTES = 16;

const READABLE_BY_EVERYBODY = 0o004;

/**
 * Reads a secret without the newline that editors put at a file's end. A problem shows neither the secret nor the path
 * of its file: now and then somebody writes the secret where the path belongs.
 */
export async function readSecretFile(
  path: OptionPath,
  file: string,
  { readFile }: Pick<ConfigSources, 'readFile'>,
): Promise<SecretRead> {
  const unusable = (found: string, expected: string): SecretRead => ({
    kind: 'unusable',
    problem: { path, found, expected },
  });
  const read = await readFile(file);
  if (read.kind === 'unreadable') {
    return unusable(read.why, "the path of a file that this user may read; in the file it begins at the file's folder");
  }
  if ((read.mode & READABLE_BY_EVERYBODY) !== 0) {
    const mode = (read.mode & 0o777).toString(8).padStart(4, '0');
    return unusable(
      `a file that everybody may read (mode ${mode})`,
      'mode 0600 or 0640: chmod o= takes it from the others',
    );
  }
  const secret = withoutNewline(read.bytes);
  if (secret.length < MIN_SECRET_BYTES) {
    return unusable(
      `${secret.length} bytes`,
      `at least ${MIN_SECRET_BYTES} bytes; openssl rand -base64 32 makes good ones`,
    );
  }
  return { kind: 'secret', secret };
}

function withoutNewline(bytes: Buffer): Buffer {
  const end = bytes.length - 1;
  if (bytes[end] !== 0x0a) return bytes;
  return bytes.subarray(0, bytes[end - 1] === 0x0d ? end - 1 : end);
}
