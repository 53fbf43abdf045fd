import { encodeErrorLine, encodeLine, MISFIT } from '../line/encode-line.ts';
import {
  isError,
  type MemcachedHit,
  type NumberReply,
  type MemcachedReply,
  type MemcachedReplyKind,
} from '../reply.ts';
import type { MetaShape } from '../reply-shape.ts';

const NOTHING: readonly Buffer[] = [];
const LINE_END = Buffer.from('\r\n');
const NOOP = encodeLine('MN');
const INSPECT_MISS = encodeLine('EN');

/** What a return flag says; undefined where this reply does not have it. */
type FlagValue = (letter: string) => string | number | undefined;

const NO_VALUE: FlagValue = () => undefined;

const SUCCESSES: ReadonlySet<MemcachedReplyKind> = new Set(['stored', 'deleted', 'ok', 'authenticated']);
const FAILURES: ReadonlyMap<MemcachedReplyKind, string> = new Map([
  ['not-stored', 'NS'],
  ['exists', 'EX'],
  ['not-found', 'NF'],
]);

/** A reply in the meta protocol. Quiet commands do not hear of success, quiet reads not of a miss; errors all hear of. */
export function encodeMeta(shape: MetaShape, reply: MemcachedReply): readonly Buffer[] {
  if (isError(reply)) return encodeErrorLine(reply);
  switch (shape.word) {
    case 'mg':
      return encodeGet(shape, reply);
    case 'ms':
    case 'md':
      return encodeChange(shape, reply);
    case 'ma':
      return reply.kind === 'number' ? encodeNumber(shape, reply) : encodeChange(shape, reply);
    case 'me':
      return encodeInspect(shape, reply);
    case 'mn':
      return reply.kind === 'ok' ? NOOP : MISFIT;
  }
}

function encodeGet(shape: MetaShape, reply: MemcachedReply): readonly Buffer[] {
  if (reply.kind === 'miss') return shape.isQuiet ? NOTHING : line('EN', shape, NO_VALUE);
  if (reply.kind !== 'hit') return MISFIT;
  const flags = tokens(shape, hitFlag(reply)) + marks(reply);
  if (!shape.hasValue) return encodeLine(`HD${flags}`);
  return [...encodeLine(`VA ${reply.value.length}${flags}`), reply.value, LINE_END];
}

function encodeChange(shape: MetaShape, reply: MemcachedReply): readonly Buffer[] {
  const success = SUCCESSES.has(reply.kind);
  if (success && shape.isQuiet) return NOTHING;
  const code = success ? 'HD' : FAILURES.get(reply.kind);
  if (code === undefined) return MISFIT;
  // memcached answers ms with c0 where nothing was stored; md and ma do not return c then.
  const cas = reply.kind === 'stored' ? reply.cas : shape.word === 'ms' ? 0 : undefined;
  return line(code, shape, (letter) => (letter === 'c' ? cas : undefined));
}

function encodeNumber(shape: MetaShape, reply: NumberReply): readonly Buffer[] {
  if (shape.isQuiet && reply.isCreated !== true) return NOTHING;
  const digits = reply.value.toString();
  const flags = tokens(shape, (letter) => {
    if (letter === 'c') return reply.cas;
    return letter === 't' ? ttl(reply.ttlSeconds) : undefined;
  });
  return encodeLine(shape.hasValue ? `VA ${digits.length}${flags}\r\n${digits}` : `HD${flags}`);
}

function encodeInspect(shape: MetaShape, reply: MemcachedReply): readonly Buffer[] {
  if (reply.kind === 'miss') return INSPECT_MISS;
  if (reply.kind !== 'hit') return MISFIT;
  const { cas, lastAccessSeconds, ttlSeconds, value, wasFetched } = reply;
  const size = shape.key.length + value.length;
  return encodeLine(
    `ME ${shape.key} exp=${ttl(ttlSeconds)} la=${lastAccessSeconds ?? 0} cas=${cas} ` +
      `fetch=${wasFetched === true ? 'yes' : 'no'} cls=1 size=${size}`,
  );
}

function hitFlag(hit: MemcachedHit): FlagValue {
  return (letter) => {
    switch (letter) {
      case 's':
        return hit.value.length;
      case 't':
        return ttl(hit.ttlSeconds);
      case 'c':
        return hit.cas;
      case 'f':
        return hit.flags;
      case 'l':
        return hit.lastAccessSeconds ?? 0;
      case 'h':
        return hit.wasFetched === true ? 1 : 0;
      default:
        return undefined;
    }
  };
}

/** What a hit has to say without being asked: taken, stale, won. In memcached's order. */
function marks({ isStale, recache }: MemcachedHit): string {
  return (recache === 'taken' ? ' Z' : '') + (isStale === true ? ' X' : '') + (recache === 'won' ? ' W' : '');
}

function ttl(seconds: number | undefined): number {
  return seconds ?? -1;
}

function line(code: string, shape: MetaShape, valueOf: FlagValue): readonly Buffer[] {
  return encodeLine(code + tokens(shape, valueOf));
}

/** The flags to return, each with a space before it. An encoded key is followed by b. */
function tokens(shape: MetaShape, valueOf: FlagValue): string {
  let flags = '';
  for (const letter of shape.returns) {
    if (letter === 'O') flags += ` ${shape.opaque}`;
    else if (letter === 'k') flags += ` k${shape.key}${shape.isEncodedKey ? ' b' : ''}`;
    else {
      const value = valueOf(letter);
      if (value !== undefined) flags += ` ${letter}${value}`;
    }
  }
  return flags;
}
