import type { ItemOperation } from '../session/item-operation.ts';
import type { LiveRecord } from '../session/record.ts';
import { changed, exists, notFound, notStored, tooLarge, unchanged, withLife } from './item-outcome.ts';
import type { Outcome, Situation } from './item-outcome.ts';
import { typeOf } from './json-content.ts';
import { isBarred } from './tombstone.ts';

type Store = Extract<ItemOperation, { kind: 'store' }>;

/** set, add, replace, append, prepend, cas, ms. */
export function store(operation: Store, situation: Situation): Outcome {
  const { grave, item, limits, rotated } = situation;
  if (operation.value.length > limits.maxBytes) return tooLarge;
  if (operation.mode === 'cas') {
    return item === undefined ? notFound : compareAndSet(operation, item, situation);
  }
  if (operation.mode === 'add' && item !== undefined) return noticed(item, situation);
  // What can still be read of a rotated session cannot be written by anybody.
  if (rotated !== undefined || isBarred(grave, operation.seen)) return notStored;
  switch (operation.mode) {
    case 'set':
      return overwrite(operation, situation);
    case 'add':
      return operation.value.length === 0 ? reserve(operation, situation) : overwrite(operation, situation);
    case 'replace':
      return item === undefined ? notStored : overwrite(operation, situation);
    case 'append':
    case 'prepend':
      return item === undefined ? notStored : extend(operation, item, situation);
  }
}

/** A first version of an item, not stored yet. */
export function newItem(situation: Situation, flags: number, payload: Buffer, lifeSeconds: number): LiveRecord {
  const content = { contentType: typeOf(payload, situation.item?.content), flags, payload };
  const version = situation.nextVersion();
  const record: LiveRecord = { kind: 'live', id: situation.id, version, expiresAt: 0, ttlSeconds: 0, content };
  const { grave } = situation;
  return withLife(grave === undefined ? record : { ...record, grave }, lifeSeconds, situation);
}

function overwrite({ flags, lifeSeconds, value }: Store, situation: Situation): Outcome {
  return stored(newItem(situation, flags, value, lifeSeconds), situation);
}

/** What PHP's memcached extension does with an id that it has drawn. */
function reserve({ flags, lifeSeconds, value }: Store, situation: Situation): Outcome {
  return stored({ ...newItem(situation, flags, value, lifeSeconds), isReserved: true }, situation);
}

function compareAndSet(operation: Store, item: LiveRecord, situation: Situation): Outcome {
  const { cas = 0, flags, isInvalidating, value } = operation;
  if (cas === item.version) return overwrite(operation, situation);
  if (!isInvalidating || cas === 0 || cas > item.version) return exists;
  // What its writer read is outdated, so what it wrote is as well: good enough until the client that won the item is done.
  const { expiresAt, ttlSeconds } = item;
  const stale: LiveRecord = { ...newItem(situation, flags, value, 0), expiresAt, ttlSeconds, isStale: true };
  return stored(item.isWon === true ? { ...stale, isWon: true } : stale, situation);
}

/** Flags and life stay the item's own. */
function extend({ cas = 0, mode, value }: Store, item: LiveRecord, situation: Situation): Outcome {
  if (cas !== 0 && cas !== item.version) return exists;
  const { content, expiresAt, ttlSeconds } = item;
  if (content.payload.length + value.length > situation.limits.maxBytes) return tooLarge;
  const payload = Buffer.concat(mode === 'append' ? [content.payload, value] : [value, content.payload]);
  return stored({ ...newItem(situation, content.flags, payload, 0), expiresAt, ttlSeconds }, situation);
}

function stored(record: LiveRecord, situation: Situation): Outcome {
  const access = { at: situation.now, wasFetched: false };
  return changed(situation, record, access, { kind: 'stored', cas: record.version });
}

/** An add that finds the item there has used it, memcached says, but not read it. */
function noticed(item: LiveRecord, { access, now }: Situation): Outcome {
  return unchanged({ kind: 'not-stored' }, { record: item, access: { at: now, wasFetched: access.wasFetched } });
}
