import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import { confirmed, type LiveRecord } from '../session/record.ts';
import { addDelta, printNumber, readNumber } from './item-number.ts';
import { changed, exists, nonNumeric, notFound, secondsLeft, tooLarge, withLife } from './item-outcome.ts';
import type { Outcome, Situation } from './item-outcome.ts';
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
