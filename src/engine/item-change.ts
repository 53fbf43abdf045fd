import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import { confirmed, type LiveRecord } from '../session/record.ts';
import {
  changed,
  exists,
  nonNumeric,
  notFound,
  secondsLeft,
  tooLarge,
  withLife,
  type Outcome,
  type Situation,
} from './item-outcome.ts';
import { newItem } from './item-store.ts';
import { typeOf } from './json-content.ts';

type OperationOf<K extends ItemOperation['kind']> = Extract<ItemOperation, { kind: K }>;

/** delete, md. */
export function remove({ cas }: OperationOf<'delete'>, situation: Situation): Outcome {
  // A rotated session that can still be read goes as well.
  const { alias } = situation;
  const target = situation.item ?? situation.rotated;
  const staysGone = situation.isSession || situation.grave !== undefined;
  if (target === undefined) {
    // Who read it before it went may still write it. A condition that nothing meets destroys nothing.
    if (!staysGone || cas !== undefined) return notFound;
    return { answer: { kind: 'not-found' }, change: { kind: 'bury', version: situation.grave?.version ?? 0, alias } };
  }
  if (cas !== undefined && cas !== target.version) return exists;
  const { version } = target;
  const change = staysGone ? ({ kind: 'bury', version, alias } as const) : ({ kind: 'drop', version } as const);
  return { answer: { kind: 'deleted' }, change };
}

/** md I: the next reader may win it, even if another has won it before. */
export function markStale({ cas, lifeSeconds }: OperationOf<'mark-stale'>, situation: Situation): Outcome {
  const { access, item } = situation;
  if (item === undefined) return notFound;
  if (cas !== undefined && cas !== item.version) return exists;
  const { id, expiresAt, ttlSeconds, content } = item;
  const version = situation.nextVersion();
  const stale: LiveRecord = { kind: 'live', id, version, expiresAt, ttlSeconds, content, isStale: true };
  const record = lifeSeconds === undefined ? stale : withLife(stale, lifeSeconds, situation);
  return changed(situation, record, access, { kind: 'ok' });
}

/** touch. The version stays, for the data did not change. */
export function touch({ lifeSeconds }: OperationOf<'touch'>, situation: Situation): Outcome {
  const { item, now } = situation;
  if (item === undefined) return notFound;
  const { content, version } = item;
  const answer = { kind: 'touched', flags: content.flags, cas: version } as const;
  return changed(situation, withLife(confirmed(item), lifeSeconds, situation), { at: now, wasFetched: true }, answer);
}

/** incr, decr, ma. */
export function arithmetic(operation: OperationOf<'arithmetic'>, situation: Situation): Outcome {
  const { item, limits } = situation;
  if (item === undefined) return beginNumber(operation, situation);
  const { cas = 0, delta, direction, touchSeconds } = operation;
  const { payload } = item.content;
  // In this order memcached looks at them, too.
  if (payload.length === 0) return nonNumeric;
  if (cas !== 0 && cas !== item.version) return exists;
  const former = readNumber(payload);
  if (former === undefined) return nonNumeric;

  const value = addDelta(former, direction, delta);
  const record = withNumber(item, printNumber(value, payload.length), situation);
  if (record.content.payload.length > limits.maxBytes) return tooLarge;
  return numbered(touchSeconds === undefined ? record : withLife(record, touchSeconds, situation), value, situation);
}

function beginNumber({ initial }: OperationOf<'arithmetic'>, situation: Situation): Outcome {
  if (initial === undefined || situation.grave !== undefined) return notFound;
  const record = newItem(situation, 0, printNumber(initial.value, 0), initial.lifeSeconds);
  return numbered(record, initial.value, situation);
}

/** memcached writes a number that fits over the old one, in the item as it is, and makes a new item for a longer one. */
function withNumber(item: LiveRecord, payload: Buffer, situation: Situation): LiveRecord {
  const { expiresAt, ttlSeconds } = item;
  const { flags, payload: former } = item.content;
  if (payload.length > former.length) return { ...newItem(situation, flags, payload, 0), expiresAt, ttlSeconds };
  const content = { contentType: typeOf(payload, item.content), flags, payload };
  return { ...item, version: situation.nextVersion(), content };
}

function numbered(record: LiveRecord, value: bigint, situation: Situation): Outcome {
  const { access, item, now } = situation;
  const isSameItem = item?.content.payload.length === record.content.payload.length;
  const answer: ItemAnswer = {
    kind: 'number',
    value,
    cas: record.version,
    ttlSeconds: secondsLeft(record, situation),
    isCreated: item === undefined,
  };
  return changed(situation, record, { at: now, wasFetched: isSameItem && access.wasFetched }, answer);
}

const TWO_TO_63 = 1n << 63n;
const TWO_TO_64 = 1n << 64n;

/** What the C library takes for space: blank, and tab to carriage return. 2^64 has 20 digits, zeroes before it aside. */
const NUMBER = /^[ \t-\r]*([+-]?)(?=[0-9])0*([0-9]{0,20})(?:[ \t-\r\0]|$)/;

const MINUS = '-';
const NUL = '\0';

/**
 * The number that a value stands for, as memcached 1.6.18 reads it: spaces before it, a sign, digits; whatever comes
 * after a space or NUL is ignored. Undefined where it does not begin with a number, or with one of more than 64 bits.
 */
export function readNumber(value: Buffer): bigint | undefined {
  const text = value.toString('latin1');
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(digits);
  if (magnitude >= TWO_TO_64) return undefined;
  const number = sign === MINUS ? BigInt.asUintN(64, -magnitude) : magnitude;
  return number >= TWO_TO_63 && hasMinus(text) ? undefined : number;
}

/** memcached looks for a minus sign only where the number could be a negative one, and then anywhere up to a NUL. */
function hasMinus(text: string): boolean {
  const [upToNul = ''] = text.split(NUL, 1);
  return upToNul.includes(MINUS);
}

/** incr wraps round at 2^64, decr stops at 0. */
export function addDelta(number: bigint, direction: 'incr' | 'decr', delta: bigint): bigint {
  if (direction === 'incr') return BigInt.asUintN(64, number + delta);
  return delta > number ? 0n : number - delta;
}

/** The digits, with spaces behind them where the value was longer before: memcached's values do not shrink. */
export function printNumber(number: bigint, formerBytes: number): Buffer {
  return Buffer.from(number.toString().padEnd(formerBytes), 'latin1');
}
