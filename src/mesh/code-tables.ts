import type { HandshakeRefusal } from '../errors.ts';
import type { CommandKind } from '../session/command.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { FailureCode, RefusalCode, Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import { CodeTable } from './code-table.ts';
import type {
  Evidence,
  HelloAnswer,
  LifeHistory,
  LifeVerdict,
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
});

export const REPLY_KINDS = new CodeTable<Reply['kind']>('reply', {
  done: 1,
  moved: 2,
  miss: 3,
  refused: 4,
  'in-doubt': 5,
  unavailable: 6,
});

export const RESET_REASON_CODES = new CodeTable<ResetReason>('reset reason', {
  'owner-dead': 1,
  expired: 2,
  evicted: 3,
  destroyed: 4,
  unknown: 5,
  malformed: 6,
  'store-lost': 7,
});

export const REFUSAL_CODE_CODES = new CodeTable<RefusalCode>('refusal code', {
  VERSION_CONFLICT: 1,
  NOT_JSON: 2,
  TOO_LARGE: 3,
  SESSION_BUSY: 4,
  LOCK_TIMEOUT: 5,
  LOCK_LOST: 6,
  DESTROYED: 7,
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
