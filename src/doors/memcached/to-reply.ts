import type { ErrorReply, MemcachedReply } from './protocol/reply.ts';
import type { ItemAnswer } from '../../session/item-operation.ts';
import { FAILURE_TEXTS, type RefusalCode, type Reply } from '../../session/reply.ts';
import type { KeyCommand } from './to-operation.ts';

const OK: MemcachedReply = { kind: 'ok' };
const MISS: MemcachedReply = { kind: 'miss' };
const NOT_FOUND: MemcachedReply = { kind: 'not-found' };
const NOT_STORED: MemcachedReply = { kind: 'not-stored' };
const EXISTS: MemcachedReply = { kind: 'exists' };
const PROBED_ABSENT: MemcachedReply = { kind: 'stored', cas: 0 };

/** A fault of ours; the log says more. */
export const INTERNAL = serverError('INTERNAL', 'a fault in maglia, which may or may not have done this');

/**
 * What an item's command came to, as the protocols have it. "Not there" is said only where the mesh says so: whatever it
 * could not find out becomes an error with its code (S3).
 */
export function toReply(command: KeyCommand, reply: Reply): MemcachedReply {
  switch (reply.kind) {
    case 'answered':
      // The mesh's answers and the protocols' have one form, so that a value passes through as it is.
      return reply.answer;
    case 'miss':
      return absent(command);
    case 'refused':
      return refused(command, reply.code);
    case 'in-doubt':
    case 'unavailable':
      return failed(reply);
    case 'done':
    case 'moved':
      return INTERNAL;
  }
}

/** What a strict-mode probe came to: `not-stored` where the session is there, else as if something had been stored. */
export function toProbeReply(command: KeyCommand, reply: Reply): MemcachedReply {
  if (reply.kind === 'miss') return PROBED_ABSENT;
  if (reply.kind !== 'answered') return toReply(command, reply);
  return isThere(reply.answer) ? NOT_STORED : PROBED_ABSENT;
}

/** What the `add` of a lock's key came to. */
export function toLockReply(command: KeyCommand, reply: Reply): MemcachedReply {
  const isHeldByAnother = reply.kind === 'refused' && (reply.code === 'LOCK_TIMEOUT' || reply.code === 'SESSION_BUSY');
  return isHeldByAnother ? NOT_STORED : toReply(command, reply);
}

/** What `flush_all` came to at one node. */
export function toFlushReply(reply: Reply): MemcachedReply {
  switch (reply.kind) {
    case 'done':
      return OK;
    case 'in-doubt':
    case 'unavailable':
      return failed(reply);
    case 'refused':
      return serverError(reply.code, 'not every node allows it (doors.allowFlush); those that do have dropped all');
    case 'answered':
    case 'miss':
    case 'moved':
      return INTERNAL;
  }
}

function isThere({ kind }: ItemAnswer): boolean {
  return kind === 'exists' || kind === 'not-stored' || kind === 'hit';
}

function failed({ code, kind }: Extract<Reply, { kind: 'in-doubt' | 'unavailable' }>): MemcachedReply {
  return kind === 'in-doubt'
    ? serverError('IN_DOUBT', `it may or may not have been done: ${FAILURE_TEXTS[code]}`)
    : serverError(code, `nothing was done: ${FAILURE_TEXTS[code]}`);
}

/** What is said of a key under which nothing is. */
export function absent({ kind }: KeyCommand): MemcachedReply {
  if (kind === 'read' || kind === 'inspect') return MISS;
  return kind === 'store' ? NOT_STORED : NOT_FOUND;
}

function refused(command: KeyCommand, code: RefusalCode): MemcachedReply {
  switch (code) {
    case 'VERSION_CONFLICT':
      return EXISTS;
    case 'TOO_LARGE':
      return { kind: 'too-large' };
    case 'DESTROYED':
      return absent(command);
    case 'SESSION_BUSY':
      return serverError(code, 'too many requests queue for this one key');
    case 'LOCK_TIMEOUT':
    case 'LOCK_LOST':
    case 'NOT_JSON':
    case 'TOO_MANY_KEYS':
    case 'FLUSH_NOT_ALLOWED':
      return INTERNAL;
    case 'UNACCEPTABLE':
      return serverError(code, 'the owner does not take this: do all daemons have the same version?');
  }
}

function serverError(code: string, text: string): ErrorReply {
  return { kind: 'server-error', code, text };
}
