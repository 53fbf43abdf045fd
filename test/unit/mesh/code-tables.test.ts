import { describe, expect, test } from 'vitest';
import { FrameError, HANDSHAKE_REFUSALS } from '../../../src/errors.ts';
import * as tables from '../../../src/mesh/code-tables.ts';
import { FRAME_TYPES } from '../../../src/mesh/frames.ts';
import { FAILURE_CODES, REFUSAL_CODES } from '../../../src/session/reply.ts';
import { RESET_REASONS } from '../../../src/session/record.ts';

/**
 * Every byte of the wire. Whatever changes here begins another version, and a node of the one before is not sent it: `wire-bytes.test.ts`
 * pins the messages of each version. A word once given away keeps its byte.
 */
const WIRE_4 = {
  frameTypes: 'hello hello-answer request answer no-answer',
  helloAnswers: 'welcome refused',
  phases: 'joining serving leaving',
  handshakeRefusals:
    'wrong-secret wrong-map unknown-letter wrong-letter duplicate-letter wrong-version not-a-peer wrong-clock',
  requests: 'ping accuse join collect hold release goodbye pause execute',
  answers: 'pong verdict history entries acknowledged reply',
  noAnswerReasons: 'failed too-long',
  evidence: 'refused silence',
  routes: 'owner stand-in relay',
  lifeVerdicts: 'alive dead unknown',
  historyVerdicts: 'kept dead forgotten',
  entries: 'reset succeeded kept buried',
  commands: 'get open put keep patch touch rotate destroy unlock succeed item lock flush',
  replies: 'done moved miss refused in-doubt unavailable answered',
  itemOperations: 'read store delete mark-stale arithmetic touch inspect probe',
  storeModes: 'set add replace append prepend cas',
  directions: 'incr decr',
  itemAnswers: 'hit miss stored not-stored exists not-found deleted touched number non-numeric ok',
  recacheWords: 'won taken',
  resetReasons: 'owner-dead expired evicted destroyed unknown malformed store-lost restarted left',
  refusalCodes:
    'VERSION_CONFLICT NOT_JSON TOO_LARGE SESSION_BUSY LOCK_TIMEOUT LOCK_LOST DESTROYED TOO_MANY_KEYS FLUSH_NOT_ALLOWED UNACCEPTABLE',
  failureCodes:
    'STORE_UNAVAILABLE OWNER_UNREACHABLE JOINING PEER_BACKPRESSURE DEADLINE STALE_INCARNATION CLOSING OWNER_RETURNED',
};

const all = [
  ['frameTypes', FRAME_TYPES],
  ['helloAnswers', tables.HELLO_ANSWER_KINDS],
  ['phases', tables.PHASES],
  ['handshakeRefusals', tables.HANDSHAKE_REFUSAL_CODES],
  ['requests', tables.REQUEST_KINDS],
  ['answers', tables.ANSWER_KINDS],
  ['noAnswerReasons', tables.NO_ANSWER_REASONS],
  ['evidence', tables.EVIDENCE],
  ['routes', tables.ROUTES],
  ['lifeVerdicts', tables.LIFE_VERDICTS],
  ['historyVerdicts', tables.HISTORY_VERDICTS],
  ['entries', tables.ENTRY_KINDS],
  ['commands', tables.COMMAND_KINDS],
  ['replies', tables.REPLY_KINDS],
  ['itemOperations', tables.ITEM_OPERATION_KINDS],
  ['storeModes', tables.STORE_MODES],
  ['directions', tables.ARITHMETIC_DIRECTIONS],
  ['itemAnswers', tables.ITEM_ANSWER_KINDS],
  ['recacheWords', tables.RECACHE_WORDS],
  ['resetReasons', tables.RESET_REASON_CODES],
  ['refusalCodes', tables.REFUSAL_CODE_CODES],
  ['failureCodes', tables.FAILURE_CODE_CODES],
] as const;

describe('the bytes of wire version 4', () => {
  test.each(all)('%s', (name, table) => {
    const words = WIRE_4[name].split(' ');
    expect(words.map((_, at) => table.word(at + 1))).toEqual(words);
  });

  test.each(all)('%s has no word for 0, for the next byte, nor for 255', (name, table) => {
    for (const code of [0, WIRE_4[name].split(' ').length + 1, 255]) expect(() => table.word(code)).toThrow(FrameError);
  });

  test('every word that can occur has its byte', () => {
    const codes = [
      ...HANDSHAKE_REFUSALS.map((word) => tables.HANDSHAKE_REFUSAL_CODES.code(word)),
      ...RESET_REASONS.map((word) => tables.RESET_REASON_CODES.code(word)),
      ...REFUSAL_CODES.map((word) => tables.REFUSAL_CODE_CODES.code(word)),
      ...FAILURE_CODES.map((word) => tables.FAILURE_CODE_CODES.code(word)),
    ];
    expect(codes.every((code) => Number.isInteger(code) && code > 0 && code < 256)).toBe(true);
  });
});
