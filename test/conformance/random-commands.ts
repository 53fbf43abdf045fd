import fc, { type Arbitrary } from 'fast-check';
import type {
  Arithmetic,
  Delete,
  FlushAll,
  MarkStale,
  MemcachedRead,
  MemcachedStore,
  Touch,
} from '../../src/doors/memcached/protocol/command.ts';
import type { BinaryCommand, MetaCommand, TextCommand } from './request-writer.ts';

/** The ranges that a test wants: few keys make commands meet, many make them differ. */
export interface CommandRanges {
  readonly key: Arbitrary<string>;
  readonly exptime: Arbitrary<number>;
  /** How little life makes an item worth recaching. */
  readonly recache: Arbitrary<number>;
  readonly cas: Arbitrary<number>;
  readonly value: Arbitrary<Buffer>;
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const delta = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), u64);

/** Bytes that a key may have, every one of them. */
const keyByte = fc
  .oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }))
  .map((code) => String.fromCharCode(code));

/** Everything that there is. */
export const ANYTHING: CommandRanges = {
  key: fc.array(keyByte, { minLength: 1, maxLength: 250 }).map((characters) => characters.join('')),
  exptime: u32,
  recache: u32,
  cas: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
};

/** Commands that meet: few keys, values that are often numbers, cas values that may be right. */
export const MEETING: CommandRanges = {
  key: fc.constantFrom('a', 'b', 'caf\xc3\xa9'),
  exptime: fc.constantFrom(0, 0, 0, 100, 2592000, 2592001),
  recache: fc.constantFrom(0, 50, 200, 2592001),
  cas: fc.integer({ min: 1, max: 30 }),
  value: fc
    .constantFrom('', '1', '10', '99', 'abc', '5 ', 'x'.repeat(200), '\r\nEND\r\n')
    .map((text) => Buffer.from(text)),
};

function read(
  { key, exptime, recache }: CommandRanges,
  protocol: 'meta' | 'other' = 'other',
): Arbitrary<MemcachedRead> {
  const isMeta = protocol === 'meta';
  const optional = fc.option(exptime, { nil: undefined });
  return fc.record({
    kind: fc.constant('read'),
    key,
    touch: optional,
    vivify: isMeta ? optional : fc.constant(undefined),
    recache: isMeta ? fc.option(recache, { nil: undefined }) : fc.constant(undefined),
    isPeek: isMeta ? fc.boolean() : fc.constant(false),
  });
}

function store({ key, exptime, cas, value }: CommandRanges): Arbitrary<MemcachedStore> {
  const common = { kind: fc.constant('store'), key, flags: fc.oneof(fc.constant(0), u32), exptime, value } as const;
  return fc.oneof(
    fc.record({
      ...common,
      mode: fc.constantFrom('set', 'set', 'add', 'replace'),
      cas: fc.constant(undefined),
      isInvalidating: fc.constant(false),
    }),
    fc.record({ ...common, mode: fc.constant('cas'), cas, isInvalidating: fc.constant(false) }),
  );
}

function concatenation({ key, value }: CommandRanges, cas: Arbitrary<number | undefined>): Arbitrary<MemcachedStore> {
  return fc.record({
    kind: fc.constant('store'),
    mode: fc.constantFrom('append', 'prepend'),
    key,
    flags: fc.constant(0),
    exptime: fc.constant(0),
    cas,
    isInvalidating: fc.constant(false),
    value,
  });
}

function remove({ key }: CommandRanges, cas: Arbitrary<number | undefined>): Arbitrary<Delete> {
  return fc.record({ kind: fc.constant('delete'), key, cas });
}

function arithmetic(
  { key }: CommandRanges,
  rest: Pick<{ [Field in keyof Arithmetic]: Arbitrary<Arithmetic[Field]> }, 'initial' | 'touch' | 'cas'>,
): Arbitrary<Arithmetic> {
  return fc.record({
    kind: fc.constant('arithmetic'),
    direction: fc.constantFrom('incr', 'decr'),
    key,
    delta,
    ...rest,
  });
}

function touch({ key, exptime }: CommandRanges): Arbitrary<Touch> {
  return fc.record({ kind: fc.constant('touch'), key, exptime });
}

function initial({ exptime }: CommandRanges): Arbitrary<Arithmetic['initial']> {
  // The largest exptime says "do not create" in the binary protocol.
  const created = fc.record({ value: u64, exptime: exptime.filter((number) => number !== 0xffff_ffff) });
  return fc.option(created, { nil: undefined });
}

const nothing = fc.constant(undefined);
const flush = fc.constant<FlushAll>({ kind: 'flush-all', exptime: 0 });

export function textCommands(ranges: CommandRanges): Arbitrary<TextCommand> {
  return fc.oneof(
    { weight: 6, arbitrary: read(ranges) },
    { weight: 8, arbitrary: store(ranges) },
    { weight: 3, arbitrary: concatenation(ranges, nothing) },
    { weight: 2, arbitrary: remove(ranges, nothing) },
    { weight: 4, arbitrary: arithmetic(ranges, { initial: nothing, touch: nothing, cas: nothing }) },
    { weight: 1, arbitrary: touch(ranges) },
    { weight: 1, arbitrary: fc.oneof(flush, fc.constant<TextCommand>({ kind: 'version' })) },
  );
}

export function metaCommands(ranges: CommandRanges): Arbitrary<MetaCommand> {
  const cas = fc.option(ranges.cas, { nil: undefined });
  const markStale: Arbitrary<MarkStale> = fc.record({
    kind: fc.constant('mark-stale'),
    key: ranges.key,
    cas,
    exptime: fc.option(ranges.exptime, { nil: undefined }),
  });
  const invalidating = store(ranges).map((command) => ({ ...command, isInvalidating: command.mode === 'cas' }));
  return fc.oneof(
    { weight: 8, arbitrary: read(ranges, 'meta') },
    { weight: 6, arbitrary: store(ranges) },
    { weight: 2, arbitrary: invalidating },
    { weight: 3, arbitrary: concatenation(ranges, cas) },
    { weight: 2, arbitrary: remove(ranges, cas) },
    { weight: 2, arbitrary: markStale },
    {
      weight: 5,
      arbitrary: arithmetic(ranges, {
        initial: initial(ranges),
        touch: fc.option(ranges.exptime, { nil: undefined }),
        cas,
      }),
    },
    { weight: 1, arbitrary: fc.constant<{ readonly kind: 'noop' }>({ kind: 'noop' }) },
  );
}

export function binaryCommands(ranges: CommandRanges): Arbitrary<BinaryCommand> {
  const cas = fc.option(ranges.cas, { nil: undefined });
  return fc.oneof(
    { weight: 6, arbitrary: read(ranges) },
    { weight: 8, arbitrary: store(ranges) },
    { weight: 3, arbitrary: concatenation(ranges, cas) },
    { weight: 2, arbitrary: remove(ranges, cas) },
    { weight: 4, arbitrary: arithmetic(ranges, { initial: initial(ranges), touch: nothing, cas }) },
    { weight: 1, arbitrary: touch(ranges) },
    { weight: 1, arbitrary: fc.oneof(flush, fc.constant<{ readonly kind: 'noop' }>({ kind: 'noop' })) },
  );
}

/** What a meta command may ask to get back. `b` is left out: it is about the key. */
export const metaReturnFlags = fc.subarray(['s', 't', 'c', 'f', 'h', 'k', 'v', 'q', 'O77']);
