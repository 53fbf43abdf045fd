import fc, { type Arbitrary } from 'fast-check';
import type { ItemAnswer, ItemOperation } from '../../src/session/item-operation.ts';

const integers = fc.maxSafeNat();
const numbers = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const flags = fc.integer({ min: 0, max: 0xffff_ffff });
const lives = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER - 1 });
const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
const modes = fc.constantFrom('set', 'add', 'replace', 'append', 'prepend', 'cas');

/** Every operation that can travel between nodes. */
export const itemOperations: Arbitrary<ItemOperation> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('read'),
      touchSeconds: lives,
      vivifySeconds: lives,
      recacheBelowSeconds: lives,
      canWin: fc.boolean(),
      isPeek: fc.boolean(),
    },
    { requiredKeys: ['kind', 'canWin', 'isPeek'] },
  ),
  fc.record(
    {
      kind: fc.constant('store'),
      mode: modes,
      flags,
      lifeSeconds: lives,
      cas: integers,
      isInvalidating: fc.boolean(),
      seen: integers,
      value: bytes,
    },
    { requiredKeys: ['kind', 'mode', 'flags', 'lifeSeconds', 'isInvalidating', 'value'] },
  ),
  fc.record({ kind: fc.constant('delete'), cas: integers }, { requiredKeys: ['kind'] }),
  fc.record({ kind: fc.constant('mark-stale'), cas: integers, lifeSeconds: lives }, { requiredKeys: ['kind'] }),
  fc.record(
    {
      kind: fc.constant('arithmetic'),
      direction: fc.constantFrom('incr', 'decr'),
      delta: numbers,
      initial: fc.record({ value: numbers, lifeSeconds: lives }),
      touchSeconds: lives,
      cas: integers,
    },
    { requiredKeys: ['kind', 'direction', 'delta'] },
  ),
  fc.record({ kind: fc.constant('touch'), lifeSeconds: lives }),
  fc.record({ kind: fc.constantFrom('inspect', 'probe') }),
);

export const itemAnswers: Arbitrary<ItemAnswer> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('hit'),
      value: bytes,
      flags,
      cas: integers,
      ttlSeconds: integers,
      lastAccessSeconds: integers,
      wasFetched: fc.boolean(),
      isStale: fc.boolean(),
      recache: fc.constantFrom('won', 'taken'),
    },
    {
      requiredKeys: ['kind', 'value', 'flags', 'cas', 'ttlSeconds', 'lastAccessSeconds', 'wasFetched', 'isStale'],
    },
  ),
  fc.record({ kind: fc.constant('miss'), grave: integers }, { requiredKeys: ['kind'] }),
  fc.record({ kind: fc.constant('stored'), cas: integers }),
  fc.record({ kind: fc.constant('touched'), flags, cas: integers }),
  fc.record({
    kind: fc.constant('number'),
    value: numbers,
    cas: integers,
    ttlSeconds: integers,
    isCreated: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom('not-stored', 'exists', 'not-found', 'deleted', 'non-numeric', 'ok'),
  }),
);
