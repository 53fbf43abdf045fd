import fc, { type Arbitrary } from 'fast-check';
import { HANDSHAKE_REFUSALS } from '../../src/errors.ts';
import { LONGEST_LIFE_MS, LONGEST_SPAN_MS, LONGEST_WAIT_MS } from '../../src/mesh/durations.ts';
import { MAX_INCARNATION } from '../../src/session/version.ts';
import {
  OLDEST_WIRE_VERSION,
  WIRE_VERSION,
  type Hello,
  type HelloAnswer,
  type OfferedEstate,
  type PeerAnswer,
  type PeerRequest,
} from '../../src/mesh/message.ts';
import type { Content, SessionCommand } from '../../src/session/command.ts';
import type { EstateEntry } from '../../src/session/estate-entry.ts';
import { ALPHABET, isLetter, type Letter } from '../../src/session/letter.ts';
import { FAILURE_CODES, REFUSAL_CODES, type Reply } from '../../src/session/reply.ts';
import { RESET_REASONS } from '../../src/session/record.ts';
import { itemAnswers, itemOperations } from './item-messages.ts';

/** A letter, checked: tests write `letter('b')`. */
export function letter(text: string): Letter {
  if (!isLetter(text)) throw new RangeError(`${text} is not a letter`);
  return text;
}

const letters: Arbitrary<Letter> = fc.constantFrom(...ALPHABET.split('').map(letter));
const ids = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 250 })
  .map((codes) => String.fromCharCode(...codes));
const integers = fc.maxSafeNat();
const waits = fc.nat(LONGEST_WAIT_MS);
const spans = fc.nat(LONGEST_SPAN_MS);
const lives = fc.integer({ min: 0, max: MAX_INCARNATION });
/** Any code points, NUL and byte order marks among them; at most 240 bytes. */
const texts = fc.string({ unit: 'binary', maxLength: 60 });
const longTexts = fc.string({ unit: 'binary', maxLength: 900 });
const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
const flags = fc.integer({ min: 0, max: 0xffff_ffff });
const phases = fc.constantFrom('joining', 'serving', 'leaving');
const contents: Arbitrary<Content> = fc.record({ contentType: texts, flags, payload: bytes });

/** An optional property: there, or not there at all. */
const ttl = fc.record({ ttlSeconds: integers }, { requiredKeys: [] });
const condition = fc.record({ ifVersion: integers }, { requiredKeys: [] });

const u32s = fc.integer({ min: 0, max: 0xffff_ffff });

export const hellos: Arbitrary<Hello> = fc
  .tuple(
    fc.record({ letter: letters, to: letters, incarnation: lives, phase: phases, mapDigest: texts, software: texts }),
    fc.oneof(
      fc.constant({ wireVersion: 3, oldestWireVersion: 3 }),
      fc.record(
        {
          wireVersion: fc.constant(WIRE_VERSION),
          oldestWireVersion: fc.constant(OLDEST_WIRE_VERSION),
          takes: fc.record({ frameBytes: u32s, commands: u32s }),
        },
        { requiredKeys: ['wireVersion', 'oldestWireVersion'] },
      ),
    ),
  )
  .map(([hello, versions]) => ({ ...hello, ...versions }));

export const helloAnswers: Arbitrary<HelloAnswer> = fc.oneof(
  fc.record({ kind: fc.constant('welcome'), hello: hellos }),
  fc.record({ kind: fc.constant('refused'), refusal: fc.constantFrom(...HANDSHAKE_REFUSALS), explanation: longTexts }),
);

export const commands: Arbitrary<SessionCommand> = fc.oneof(
  fc.record({ kind: fc.constant('get'), id: ids }),
  fc.record(
    {
      kind: fc.constant('open'),
      id: ids,
      lock: fc.record({ waitMs: waits, token: fc.string({ maxLength: 60 }) }, { requiredKeys: ['waitMs'] }),
    },
    { requiredKeys: ['kind', 'id'] },
  ),
  fc
    .tuple(fc.record({ kind: fc.constant('put'), id: ids, content: contents }), ttl, condition)
    .map(([put, life, version]) => ({ ...put, ...life, ...version })),
  fc
    .tuple(fc.record({ kind: fc.constant('keep'), id: ids, content: contents }), ttl)
    .map(([keep, life]) => ({ ...keep, ...life })),
  fc
    .tuple(fc.record({ kind: fc.constant('patch'), id: ids, patch: bytes }), ttl, condition)
    .map(([patch, life, version]) => ({ ...patch, ...life, ...version })),
  fc.tuple(fc.record({ kind: fc.constant('touch'), id: ids }), ttl).map(([touch, life]) => ({ ...touch, ...life })),
  fc.record({ kind: fc.constant('rotate'), id: ids, graceSeconds: integers }, { requiredKeys: ['kind', 'id'] }),
  fc.record({ kind: fc.constant('destroy'), id: ids }),
  fc.record({ kind: fc.constant('flush'), id: ids }),
  fc.record({ kind: fc.constant('unlock'), id: ids, token: texts }),
  fc.record(
    { kind: fc.constant('succeed'), id: ids, successor: ids, insteadOf: ids },
    { requiredKeys: ['kind', 'id', 'successor'] },
  ),
  fc.record({ kind: fc.constant('item'), id: ids, isSession: fc.boolean(), operation: itemOperations }),
  fc.record(
    {
      ...{ kind: fc.constant('lock'), id: ids, waitMs: waits, holdMs: spans, holder: letters },
      token: fc.string({ maxLength: 60 }),
    },
    { requiredKeys: ['kind', 'id', 'waitMs', 'holdMs', 'holder'] },
  ),
);

export const replies: Arbitrary<Reply> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('done'),
      id: ids,
      version: integers,
      ttlSeconds: integers,
      content: contents,
      lock: fc.record({ token: texts, expiresInMs: spans }),
    },
    { requiredKeys: ['kind', 'id', 'version', 'ttlSeconds'] },
  ),
  fc.record({ kind: fc.constant('moved'), to: ids }),
  fc.record({ kind: fc.constant('miss'), reason: fc.constantFrom(...RESET_REASONS) }),
  fc.record(
    { kind: fc.constant('refused'), code: fc.constantFrom(...REFUSAL_CODES), version: integers },
    { requiredKeys: ['kind', 'code'] },
  ),
  fc.record({ kind: fc.constant('in-doubt'), code: fc.constantFrom(...FAILURE_CODES) }),
  fc.record({ kind: fc.constant('unavailable'), code: fc.constantFrom(...FAILURE_CODES) }),
  fc.record(
    {
      kind: fc.constant('answered'),
      answer: itemAnswers,
      lock: fc.record({ token: texts, expiresInMs: spans }),
      reason: fc.constantFrom(...RESET_REASONS),
    },
    { requiredKeys: ['kind', 'answer'] },
  ),
);

const incarnation = lives;

export const requests: Arbitrary<PeerRequest> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ping', 'hold', 'release', 'goodbye'), incarnation }),
  fc.record({
    kind: fc.constant('accuse'),
    letter: letters,
    incarnation,
    evidence: fc.constantFrom('refused', 'silence'),
    isPoll: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('join'), incarnation, priorIncarnation: lives, settled: lives }),
  fc.record({ kind: fc.constant('collect'), incarnation, letter: letters, account: integers, cursor: integers }),
  fc.record({ kind: fc.constant('pause'), incarnation, forMs: waits }),
  fc.record({
    kind: fc.constant('execute'),
    route: fc.constantFrom('owner', 'stand-in', 'relay'),
    owner: letters,
    incarnation,
    budgetMs: waits,
    command: commands,
  }),
);

const estates: Arbitrary<OfferedEstate> = fc.record({
  letter: letters,
  account: integers,
  life: lives,
  complete: fc.boolean(),
  gapsBy: fc.array(letters, { maxLength: 62 }),
  forgetsUnminted: fc.boolean(),
  isClosed: fc.boolean(),
});

const entries: Arbitrary<EstateEntry> = fc.oneof(
  fc.record({ kind: fc.constant('reset'), id: ids }),
  fc.record(
    { kind: fc.constant('succeeded'), id: ids, successor: ids, aliasMs: spans, isDestroyed: fc.constant(true) },
    { requiredKeys: ['kind', 'id', 'successor', 'aliasMs'] },
  ),
  fc.record({
    kind: fc.constant('kept'),
    id: ids,
    record: bytes,
    lifeMs: fc.integer({ min: 0, max: LONGEST_LIFE_MS }),
  }),
  fc.record({ kind: fc.constant('buried'), id: ids, reason: fc.constantFrom(...RESET_REASONS) }),
);

export const answers: Arbitrary<PeerAnswer> = fc.oneof(
  fc.record({
    kind: fc.constant('pong'),
    verdict: fc.constantFrom('alive', 'dead', 'unknown'),
    incarnation,
    phase: phases,
  }),
  fc.record({ kind: fc.constant('verdict'), agreed: fc.boolean(), heardAgoMs: spans, incarnation }),
  fc.record({
    kind: fc.constant('history'),
    history: fc.record({
      isInformed: fc.boolean(),
      serving: incarnation,
      verdict: fc.constantFrom('kept', 'dead', 'forgotten'),
      estates: fc.array(estates, { maxLength: 62 }),
      settled: lives,
      recalls: lives,
      notBeforeMs: waits,
      highestIncarnation: lives,
      dead: fc.array(fc.record({ letter: letters, incarnation }), { maxLength: 62 }),
    }),
  }),
  fc.record({
    kind: fc.constant('entries'),
    entries: fc.array(entries, { maxLength: 8 }),
    nextCursor: integers,
    more: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('acknowledged'), accepted: fc.boolean() }),
  fc.record({ kind: fc.constant('reply'), id: ids, executorIncarnation: lives, reply: replies }),
);
