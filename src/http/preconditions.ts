import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from './problem-error.ts';

/** A session's ETag is its version (RFC 9110, section 8.8.3). */
export function formatEtag(version: number): string {
  return `"${version}"`;
}

/**
 * The version that If-Match names; undefined where there is no such header, or where it is `*`: an unknown session is
 * refused by every write anyway.
 *
 * @throws ProblemError for anything but one strong ETag of ours: a condition that is not understood must not pass.
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const digits = /^"(\d{1,16})"$/.exec(header.trim())?.[1];
  const version = Number(digits ?? Number.NaN);
  if (!Number.isSafeInteger(version))
    throw invalid('If-Match', 'expected one ETag as it was answered, such as "7", or *');
  return version;
}

/** Whether the client has this version already (weak comparison; what is not an ETag of ours matches nothing). */
export function matchesIfNoneMatch(header: string | undefined, version: number): boolean {
  if (header === undefined) return false;
  const etag = formatEtag(version);
  return header.split(',').some((entry) => {
    const candidate = entry.trim();
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`;
  });
}

/**
 * Refuses conditions that a call does not honour: a client that sends one relies on it.
 *
 * @throws ProblemError naming the header.
 */
export function refuseConditions(headers: IncomingHttpHeaders, names: readonly string[]): void {
  for (const name of names) {
    if (headers[name] !== undefined) throw invalid(name, 'this call does not honour this condition; leave it out');
  }
}
