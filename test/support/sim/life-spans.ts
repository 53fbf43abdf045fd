import { keptIds, type Violation } from './checker.ts';
import { subjectOf, type Deed, type History } from './history.ts';

export interface LifeSpans {
  /** What each write and touch gives a session. */
  readonly ttlMs: number;
  readonly tombstoneMs: number;
  /** So long a rotated session can still be read, also where its life would be over before. */
  readonly graceMs: number;
}

/** From a daemon's look at the time to what the visitor writes down. */
const SLACK_MS = 50;
/** A session whose owner was away is handed back with what is left of its life; the way there does not count. */
const HANDED_BACK_MS = 4000;
/** By then a write in doubt has been carried out, or never will be. */
const DOUBT_MS = 1500;

/** Looks for sessions that ended too soon or too late, whatever the clocks of the machines said. */
export function wrongLives(history: History, spans: LifeSpans): Violation[] {
  const kept = keptIds(history);
  const byId = new Map<string, Deed[]>();
  for (const deed of history.deeds) {
    for (const id of new Set([subjectOf(deed.act), 'id' in deed.outcome ? deed.outcome.id : undefined])) {
      if (id === undefined) continue;
      byId.set(id, [...(byId.get(id) ?? []), deed]);
    }
  }
  return [...byId].flatMap(([id, deeds]) => [
    ...outlived(id, deeds, spans.ttlMs + (kept.has(id) ? HANDED_BACK_MS : 0), spans),
    ...endedEarly(id, deeds, spans),
    ...(kept.has(id) ? graveOpened(id, deeds, history, spans) : []),
  ]);
}

/** S1: a session is reset when its life is over. */
function outlived(id: string, deeds: readonly Deed[], lifeMs: number, { graceMs }: LifeSpans): Violation[] {
  const rotated = deeds.filter(({ act }) => act.kind === 'rotate' && act.id === id).map(doneBy);
  return deeds.flatMap((deed): Violation[] => {
    if (!isSight(deed, id)) return [];
    const renewed = deeds.filter(
      (one) => one !== deed && one.begunAt < deed.endedAt && isRenewal(one, id) && one.outcome.kind !== 'unavailable',
    );
    if (renewed.length === 0) return [];
    const lastAt = Math.max(...renewed.map(doneBy));
    const endsAt = Math.max(lastAt + lifeMs, ...rotated.map((at) => at + graceMs));
    if (deed.begunAt <= endsAt + SLACK_MS) return [];
    const last = renewed.filter((one) => doneBy(one) === lastAt);
    return [{ rule: 'S1', what: `${id} outlives its life of ${lifeMs} ms`, deeds: [...last, deed] }];
  });
}

/** S3: nobody is told that a life is over before it is. */
function endedEarly(id: string, deeds: readonly Deed[], { ttlMs }: LifeSpans): Violation[] {
  return deeds.flatMap((deed): Violation[] => {
    if (subjectOf(deed.act) !== id || !isToldExpired(deed)) return [];
    const lastly = deeds.find(
      (one) =>
        isRenewal(one, id) &&
        // One that went on for an orphan may have been there before.
        (one.outcome.kind === 'written' || (one.outcome.kind === 'opened' && one.outcome.state === 'minted')) &&
        one.endedAt < deed.begunAt &&
        one.begunAt + ttlMs > deed.endedAt + SLACK_MS,
    );
    return lastly === undefined
      ? []
      : [{ rule: 'S3', what: `${id} is said to have expired before it has`, deeds: [lastly, deed] }];
  });
}

/** S5: where nothing befell its owner, a destroyed key takes no write while its tombstone stands. */
function graveOpened(id: string, deeds: readonly Deed[], { hurtAt }: History, { tombstoneMs }: LifeSpans): Violation[] {
  const unhurtUntil = [...hurtAt].find(([letter]) => id.startsWith(letter))?.[1] ?? Infinity;
  return deeds.flatMap((grave): Violation[] => {
    if (grave.act.kind !== 'destroy' || grave.outcome.kind !== 'written') return [];
    return deeds
      .filter(
        ({ act, outcome, begunAt, endedAt }) =>
          act.kind === 'keep' &&
          outcome.kind === 'written' &&
          begunAt > grave.endedAt &&
          endedAt + SLACK_MS < Math.min(grave.begunAt + tombstoneMs, unhurtUntil),
      )
      .map((deed) => ({ rule: 'S5', what: `${id} is written while its tombstone stands`, deeds: [grave, deed] }));
  });
}

function isSight({ act, outcome }: Deed, id: string): boolean {
  if (outcome.kind === 'read') return outcome.id === id;
  return outcome.kind === 'opened' && outcome.state === 'found' && outcome.id === id && subjectOf(act) === id;
}

/** Whether this may have begun the session's life, or begun it anew. */
function isRenewal({ act, outcome }: Deed, id: string): boolean {
  const told = 'id' in outcome ? outcome.id : undefined;
  switch (act.kind) {
    case 'mint':
    case 'rotate':
      return told === id;
    case 'open':
      return told === id && outcome.kind === 'opened' && outcome.state !== 'found';
    case 'put':
    case 'keep':
    case 'patch':
    case 'touch':
      return act.id === id && outcome.kind !== 'miss' && outcome.kind !== 'refused';
    case 'get':
    case 'destroy':
      return false;
  }
}

/** When it surely had been carried out, if it ever was. */
function doneBy({ outcome, begunAt, endedAt }: Deed): number {
  return outcome.kind === 'in-doubt' ? begunAt + DOUBT_MS : endedAt;
}

function isToldExpired({ outcome }: Deed): boolean {
  if (outcome.kind === 'opened') return outcome.state === 'regenerated' && outcome.reason === 'expired';
  return outcome.kind === 'miss' && outcome.reason === 'expired';
}
