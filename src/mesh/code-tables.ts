import type { HandshakeRefusal } from '../errors.ts';
import type { CommandKind } from '../session/command.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { ItemAnswer, ItemOperation, StoreMode } from '../session/item-operation.ts';
import type { FailureCode, RefusalCode, Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/record.ts';
import { CodeTable } from './code-table.ts';
import type {
  Evidence,
  HelloAnswer,
  LifeHistory,
  LifeVerdict,
  NoAnswerReason,
  PeerAnswer,
  PeerRequestKind,
  Phase,
  Route,
} from './message.ts';

/*
 * Every word that crosses the wire as one byte. Append only; no byte is 0, so that zeroes are never a message.
 * The compiler asks for a byte for each word of the unions.
 */

export const HELLO_ANSWER_KINDS = new CodeTable<HelloAnswer['kind']>('hello answer', { welcome: 1, refused: 2 });

export const PHASES = new CodeTable<Phase>('phase', { joining: 1, serving: 2, leaving: 3 });

export const HANDSHAKE_REFUSAL_CODES = new CodeTable<HandshakeRefusal>('refusal', {
  'wrong-secret': 1,
  'wrong-map': 2,
  'unknown-letter': 3,
  'wrong-letter': 4,
  'duplicate-letter': 5,
  'wrong-version': 6,
  'not-a-peer': 7,
  'wrong-clock': 8,
});

export const REQUEST_KINDS = new CodeTable<PeerRequestKind>('request kind', {
  ping: 1,
  accuse: 2,
  join: 3,
  collect: 4,
  hold: 5,
  release: 6,
  goodbye: 7,
  pause: 8,
  execute: 9,
});

export const ANSWER_KINDS = new CodeTable<PeerAnswer['kind']>('answer kind', {
  pong: 1,
  verdict: 2,
  history: 3,
  entries: 4,
  acknowledged: 5,
  reply: 6,
});

export const NO_ANSWER_REASONS = new CodeTable<NoAnswerReason>('reason', { failed: 1, 'too-long': 2 });

export const EVIDENCE = new CodeTable<Evidence>('evidence', { refused: 1, silence: 2 });

export const ROUTES = new CodeTable<Route>('route', { owner: 1, 'stand-in': 2, relay: 3 });

export const LIFE_VERDICTS = new CodeTable<LifeVerdict>('verdict', { alive: 1, dead: 2, unknown: 3 });

export const HISTORY_VERDICTS = new CodeTable<LifeHistory['verdict']>('history verdict', {
  kept: 1,
  dead: 2,
  forgotten: 3,
});

export const ENTRY_KINDS = new CodeTable<EstateEntry['kind']>('estate entry', {
  reset: 1,
  succeeded: 2,
  kept: 3,
  buried: 4,
});

export const COMMAND_KINDS = new CodeTable<CommandKind>('command', {
  get: 1,
  open: 2,
  put: 3,
  keep: 4,
  patch: 5,
  touch: 6,
  rotate: 7,
  destroy: 8,
  unlock: 9,
  succeed: 10,
  item: 11,
  lock: 12,
  flush: 13,
});

export const REPLY_KINDS = new CodeTable<Reply['kind']>('reply', {
  done: 1,
  moved: 2,
  miss: 3,
  refused: 4,
  'in-doubt': 5,
  unavailable: 6,
  answered: 7,
});

export const ITEM_OPERATION_KINDS = new CodeTable<ItemOperation['kind']>('item operation', {
  read: 1,
  store: 2,
  delete: 3,
  'mark-stale': 4,
  arithmetic: 5,
  touch: 6,
  inspect: 7,
  probe: 8,
});

export const STORE_MODES = new CodeTable<StoreMode>('store mode', {
  set: 1,
  add: 2,
  replace: 3,
  append: 4,
  prepend: 5,
  cas: 6,
});

export const ARITHMETIC_DIRECTIONS = new CodeTable<Extract<ItemOperation, { kind: 'arithmetic' }>['direction']>(
  'direction',
  { incr: 1, decr: 2 },
);

export const ITEM_ANSWER_KINDS = new CodeTable<ItemAnswer['kind']>('item answer', {
  hit: 1,
  miss: 2,
  stored: 3,
  'not-stored': 4,
  exists: 5,
  'not-found': 6,
  deleted: 7,
  touched: 8,
  number: 9,
  'non-numeric': 10,
  ok: 11,
});

export const RECACHE_WORDS = new CodeTable<NonNullable<Extract<ItemAnswer, { kind: 'hit' }>['recache']>>('recache', {
  won: 1,
  taken: 2,
});

export const RESET_REASON_CODES = new CodeTable<ResetReason>('reset reason', {
  'owner-dead': 1,
  expired: 2,
  evicted: 3,
  destroyed: 4,
  unknown: 5,
  malformed: 6,
  'store-lost': 7,
  restarted: 8,
  left: 9,
});

export const REFUSAL_CODE_CODES = new CodeTable<RefusalCode>('refusal code', {
  VERSION_CONFLICT: 1,
  NOT_JSON: 2,
  TOO_LARGE: 3,
  SESSION_BUSY: 4,
  LOCK_TIMEOUT: 5,
  LOCK_LOST: 6,
  DESTROYED: 7,
  TOO_MANY_KEYS: 8,
  FLUSH_NOT_ALLOWED: 9,
  UNACCEPTABLE: 10,
});

export const FAILURE_CODE_CODES = new CodeTable<FailureCode>('failure code', {
  STORE_UNAVAILABLE: 1,
  OWNER_UNREACHABLE: 2,
  JOINING: 3,
  PEER_BACKPRESSURE: 4,
  DEADLINE: 5,
  STALE_INCARNATION: 6,
  CLOSING: 7,
  OWNER_RETURNED: 8,
});
