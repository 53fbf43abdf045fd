import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import { confirmed, type LiveRecord } from '../session/record.ts';
import { changed, exists, missed, notFound, secondsLeft, unchanged, withLife } from './item-outcome.ts';
import type { Outcome, Situation } from './item-outcome.ts';
import { newItem } from './item-store.ts';

type Read = Extract<ItemOperation, { kind: 'read' }>;
type Hit = Extract<ItemAnswer, { kind: 'hit' }>;

const NOTHING = Buffer.alloc(0);

/** get, gat, mg. */
export function read(operation: Read, situation: Situation): Outcome {
  const { item, rotated } = situation;
  if (item === undefined) {
    return rotated === undefined ? vivify(operation, situation) : unchanged(hit(rotated, situation, undefined));
  }
  const { canWin, isPeek, recacheBelowSeconds = 0, touchSeconds } = operation;
  const isWorn = (canWin && item.isStale === true) || secondsLeft(item, situation) < recacheBelowSeconds;
  const hasWon = isWorn && item.isWon !== true;
  const touched = touchSeconds === undefined ? item : withLife(confirmed(item), touchSeconds, situation);
  const after: LiveRecord = hasWon ? { ...touched, isWon: true } : touched;

  const answer = hit(after, situation, hasWon ? 'won' : takenBy(item));
  const access = isPeek ? situation.access : { at: situation.now, wasFetched: true };
  if (after !== item) return changed(situation, after, access, answer);
  return unchanged(answer, isPeek ? undefined : { record: item, access });
}

/** mg N: who misses gets an empty item that it has won. */
function vivify({ isPeek, vivifySeconds }: Read, situation: Situation): Outcome {
  const { grave } = situation;
  if (grave !== undefined) return unchanged({ kind: 'miss', grave: grave.version });
  if (vivifySeconds === undefined) return missed;
  const record: LiveRecord = { ...newItem(situation, 0, NOTHING, vivifySeconds), isWon: true };
  const { now } = situation;
  const fresh = { ...situation, access: { at: now, wasFetched: false } };
  return changed(situation, record, { at: now, wasFetched: !isPeek }, hit(record, fresh, 'won'));
}

/** me: looks, and leaves no trace. */
export function inspect(situation: Situation): Outcome {
  const record = situation.item ?? situation.rotated;
  return record === undefined ? missed : unchanged(hit(record, situation, takenBy(record)));
}

/**
 * A reservation is what the asking client itself has made a moment ago: PHP draws an id, reserves it, and asks. An empty
 * session that somebody has stored or touched is there: else its visitor would get a new id with every page.
 */
export function probe({ item, rotated }: Situation): Outcome {
  if (item === undefined) return rotated === undefined ? notFound : exists;
  return item.isReserved === true ? notFound : exists;
}

function hit(record: LiveRecord, situation: Situation, recache: Hit['recache']): Hit {
  const { at, wasFetched } = situation.access;
  const answer: Hit = {
    kind: 'hit',
    value: record.content.payload,
    flags: record.content.flags,
    cas: record.version,
    ttlSeconds: secondsLeft(record, situation),
    lastAccessSeconds: Math.max(0, Math.floor((situation.now - at) / 1000)),
    wasFetched,
    isStale: record.isStale === true,
  };
  return recache === undefined ? answer : { ...answer, recache };
}

function takenBy(record: LiveRecord): 'taken' | undefined {
  return record.isWon === true ? 'taken' : undefined;
}
