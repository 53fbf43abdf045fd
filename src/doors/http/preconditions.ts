import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../../session/reply.ts';
import { whenKnown, type Soon } from '../../soon.ts';
import { invalid } from './problem-error.ts';
import type { SessionsPort } from '../../routing/sessions-port.ts';

type Headers = Pick<IncomingHttpHeaders, 'if-match' | 'if-none-match'>;

/** What If-Match or If-None-Match names (RFC 9110, section 13.1). */
type Named = { readonly kind: 'any' } | { readonly kind: 'tags'; readonly tags: readonly string[] };

/** Tags may have commas in them, so that a list is not split at commas. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\uffff]*"`;
const TAG_LIST = new RegExp(String.raw`^[\t ,]*${TAG}(?:[\t ]*,[\t ,]*${TAG})*[\t ,]*$`);

/** A session's ETag is its version (RFC 9110, section 8.8.3). */
export function formatEtag(version: number): string {
  return `"${version}"`;
}

/** Whether If-Match lets this version pass: strong comparison, so that a weak tag never does. */
export function passesIfMatch(header: string | undefined, version: number): boolean {
  const named = parseIfMatch(header);
  return named === undefined || named.kind === 'any' || named.tags.includes(formatEtag(version));
}

/** Whether the client has this version already (weak comparison; what is not an ETag of ours matches nothing). */
export function matchesIfNoneMatch(header: string | undefined, version: number): boolean {
  if (header === undefined) return false;
  const named = parse(header);
  if (named?.kind === 'any') return true;
  const etag = formatEtag(version);
  return named?.tags.some((tag) => tag === etag || tag === `W/${etag}`) ?? false;
}

/**
 * Does what is asked if the conditions hold. One strong tag goes to the owner with the command. With anything else the
 * session is read first, and what goes along is the version that was found: so a write that comes in between is not lost.
 *
 * @param act does it if the session has this version; whatever it has where that is undefined
 * @throws ProblemError for a condition that is not understood: it must not pass.
 */
export function onCondition(
  sessions: Pick<SessionsPort, 'dispatch'>,
  id: string,
  { 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Headers,
  act: (ifVersion: number | undefined) => Soon<Reply>,
): Soon<Reply> {
  const named = parseIfMatch(ifMatch);
  if (ifNoneMatch !== undefined && parse(ifNoneMatch) === undefined) throw notUnderstood('If-None-Match');
  if (ifNoneMatch === undefined) {
    // An unknown session is refused by every write anyway.
    if (named === undefined || named.kind === 'any') return act(undefined);
    const only = named.tags.length === 1 ? versionOf(named.tags[0]) : undefined;
    if (only !== undefined) return act(only);
  }
  return whenKnown(sessions.dispatch({ kind: 'get', id }), (found) => {
    if (found.kind !== 'done') return found;
    const { version } = found;
    const holds = passesIfMatch(ifMatch, version) && !matchesIfNoneMatch(ifNoneMatch, version);
    return holds ? act(version) : { kind: 'refused', code: 'VERSION_CONFLICT', version };
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

function parseIfMatch(header: string | undefined): Named | undefined {
  if (header === undefined) return undefined;
  const named = parse(header);
  if (named === undefined) throw notUnderstood('If-Match');
  return named;
}

/** @returns undefined for what is neither `*` nor a list of tags */
function parse(header: string): Named | undefined {
  if (header.trim() === '*') return { kind: 'any' };
  if (!TAG_LIST.test(header)) return undefined;
  return { kind: 'tags', tags: header.match(new RegExp(TAG, 'g')) ?? [] };
}

function versionOf(tag: string | undefined): number | undefined {
  const version = Number(/^"(\d{1,16})"$/.exec(tag ?? '')?.[1] ?? Number.NaN);
  return Number.isSafeInteger(version) && formatEtag(version) === tag ? version : undefined;
}

function notUnderstood(header: string): Error {
  return invalid(header, 'expected ETags as they were answered, such as "7", with commas between them, or *');
}
