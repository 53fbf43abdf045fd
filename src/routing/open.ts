import { nanoid } from 'nanoid';
import type { Content, LockRequest, SessionCommand } from '../session/command.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import { isMintedForm } from '../session/session-id.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { Opened, OpenReply, OpenRequest } from './open-reply.ts';
import type { Placement } from './placement.ts';
import type { SingleFlight } from './single-flight.ts';

/** What opening needs of the router. */
export interface OpenRouter {
  mint(request: { readonly content: Content; readonly ttlSeconds?: number }): Soon<Reply>;
  dispatch(command: SessionCommand): Soon<Reply>;
  ownerOf(id: string): Letter;
  placementOf(id: string): Placement;
  /** Gives back a lock that may have been granted, though nobody has heard of it. */
  giveBack(id: string, token: string): void;
}

/** Why the visitor does not get the session of the id that it came with. */
interface Trail {
  /** What the visitor came with. */
  readonly previous: string;
  readonly reason: ResetReason;
}

/** Successors of successors that are followed before a fresh session is given; each costs its owner's death. */
const LONGEST_TRAIL = 4;

/** A fresh session's data: an empty JSON object, ready for a merge patch. */
const EMPTY: Content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };

/**
 * The one call at the start of a web request. A session that is there is found; without an id one is minted; anything
 * else is regenerated: a fresh session with a new local id, and the reason. All who open the same orphan at the same
 * time, through whatever node, get the same new session.
 */
export function open(
  request: OpenRequest,
  router: OpenRouter,
  map: LetterMap,
  successions: SingleFlight<OpenReply>,
): Soon<OpenReply> {
  const { id } = request;
  if (id === undefined) return fresh(request, router);
  if (!isIdOf(map, id)) return fresh(request, router, { previous: id, reason: 'malformed' });

  const asking = ask(id, request.lock, router);
  // Nearly every call ends here: the session is there, and found at once.
  if (!(asking.reply instanceof Promise) && asking.reply.kind === 'done' && asking.reply.id === id) {
    return opened(asking.reply, router);
  }
  return followTrail(id, asking, request, router, successions);
}

/** One question on the trail, and who it was put to. */
interface Asking {
  readonly placement: Placement;
  readonly reply: Soon<Reply>;
}

function ask(id: string, lock: LockRequest | undefined, router: OpenRouter): Asking {
  return { placement: router.placementOf(id), reply: openOne(id, lock, router) };
}

/** @param first the question that was put already: about the id that the visitor came with */
async function followTrail(
  id: string,
  first: Asking,
  request: OpenRequest,
  router: OpenRouter,
  successions: SingleFlight<OpenReply>,
): Promise<OpenReply> {
  const { lock } = request;
  let current = id;
  /** The orphan that led us to `current`. */
  let movedFrom: string | undefined;
  let reason: ResetReason = 'owner-dead';
  for (let hop = 0; hop <= LONGEST_TRAIL; hop += 1) {
    const { placement: asked, reply: answer } = hop === 0 ? first : ask(current, lock, router);
    const reply = await answer;
    switch (reply.kind) {
      case 'done':
        return opened(reply, router, trailOf(id, reply.id, reason));
      case 'moved':
        movedFrom = current;
        current = reply.to;
        continue;
      case 'miss': {
        const orphan = [current, movedFrom].find((known) => known !== undefined && isOrphan(known, router));
        // A stand-in answered, which notes nothing yet, and the owner has come back since: what stands there counts.
        if (orphan === undefined && !isSameOwner(asked, router.placementOf(current))) continue;
        if (movedFrom === undefined) reason = reply.reason;
        if (orphan === undefined) return fresh(request, router, { previous: id, reason });

        const insteadOf = orphan === current ? undefined : current;
        const succession = await successions.do(orphan, () => succeed(request, router, orphan, insteadOf));
        // Requests that share a flight each came with an id of their own; and a lock is one request's own.
        if (succession.kind !== 'opened') return succession;
        if (lock === undefined) {
          return opened({ ...succession, kind: 'done' }, router, trailOf(id, succession.id, reason));
        }
        movedFrom = orphan;
        current = succession.id;
        continue;
      }
      case 'refused':
      case 'in-doubt':
      case 'unavailable':
        return reply;
      case 'answered':
        return failure(reply);
    }
  }
  return fresh(request, router, { previous: id, reason: 'owner-dead' });
}

/** Mints here and has the stand-in record it; where somebody was first, theirs is the successor and ours goes. */
async function succeed(
  request: OpenRequest,
  router: OpenRouter,
  orphan: string,
  insteadOf: string | undefined,
): Promise<OpenReply> {
  const minted = await router.mint({ content: EMPTY, ...life(request) });
  if (minted.kind !== 'done') return failure(minted);
  const recorded = await router.dispatch({
    kind: 'succeed',
    id: orphan,
    successor: minted.id,
    ...(insteadOf !== undefined && { insteadOf }),
  });
  if (recorded.kind === 'moved' && recorded.to === minted.id) return opened({ ...minted, content: EMPTY }, router);
  await router.dispatch({ kind: 'destroy', id: minted.id });
  // Somebody was first, or the owner came back: the visitor's id leads to whatever stands there now.
  if (recorded.kind === 'moved') return follow(recorded.to, request, router);
  const isHome = recorded.kind === 'unavailable' && recorded.code === 'OWNER_RETURNED';
  return isHome ? follow(orphan, request, router) : failure(recorded);
}

/** Opens what others left, for all who share the flight: without anybody's lock. */
async function follow(first: string, request: OpenRequest, router: OpenRouter): Promise<OpenReply> {
  let current = first;
  for (let hop = 0; hop <= LONGEST_TRAIL; hop += 1) {
    const reply = await router.dispatch({ kind: 'open', id: current });
    if (reply.kind === 'done') return opened(reply, router);
    if (reply.kind === 'miss') break;
    if (reply.kind !== 'moved') return failure(reply);
    current = reply.to;
  }
  return fresh(life(request), router);
}

/** A session nobody else can share: minted, or regenerated where a trail says what for. */
function fresh(request: OpenRequest, router: OpenRouter, trail?: Trail): Soon<OpenReply> {
  return whenKnown(router.mint({ content: EMPTY, ...life(request) }), (minted) => {
    if (minted.kind !== 'done') return failure(minted);
    if (request.lock === undefined) return opened({ ...minted, content: EMPTY }, router, trail, 'minted');
    return locked(minted.id, request.lock, router, trail);
  });
}

function locked(id: string, lock: LockRequest, router: OpenRouter, trail?: Trail): Soon<OpenReply> {
  return whenKnown(openOne(id, lock, router), (reply) =>
    reply.kind === 'done' ? opened(reply, router, trail, 'minted') : failure(reply),
  );
}

/** One session's turn. The lock's token is chosen here: whatever becomes of the answer, it can be given back. */
function openOne(id: string, lock: LockRequest | undefined, router: OpenRouter): Soon<Reply> {
  if (lock === undefined) return router.dispatch({ kind: 'open', id });
  const token = nanoid();
  return whenKnown(router.dispatch({ kind: 'open', id, lock: { waitMs: lock.waitMs, token } }), (reply) => {
    if (reply.kind === 'in-doubt') router.giveBack(id, token);
    return reply;
  });
}

function opened(
  reply: Extract<Reply, { kind: 'done' }>,
  router: Pick<OpenRouter, 'ownerOf'>,
  trail?: Trail,
  otherwise: 'found' | 'minted' = 'found',
): Opened {
  const { id, version, ttlSeconds, content = EMPTY, lock } = reply;
  const owner = router.ownerOf(id);
  const state = trail === undefined ? otherwise : 'regenerated';
  const session: Opened = { kind: 'opened', id, state, version, ttlSeconds, content, owner };
  // Nearly every session is found, and asked for without its lock.
  if (trail === undefined && lock === undefined) return session;
  return { ...session, ...trail, ...(lock !== undefined && { lock }) };
}

/** A reply that opened nothing. What only other commands can get means here that nobody could answer. */
function failure(reply: Reply): OpenReply {
  switch (reply.kind) {
    case 'refused':
    case 'in-doubt':
    case 'unavailable':
      return reply;
    case 'done':
    case 'moved':
    case 'miss':
    case 'answered':
      return { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };
  }
}

function trailOf(previous: string, found: string, reason: ResetReason): Trail | undefined {
  return found === previous ? undefined : { previous, reason };
}

/** Whether both find the owner in one life: then nobody stood in for it in between. */
function isSameOwner(before: Placement, after: Placement): boolean {
  switch (before.kind) {
    case 'own':
      return after.kind === 'own';
    case 'peer':
    case 'suspect':
      return (after.kind === 'peer' || after.kind === 'suspect') && after.incarnation === before.incarnation;
    case 'standIn':
    case 'unplaceable':
      return false;
  }
}

function isOrphan(id: string, router: Pick<OpenRouter, 'placementOf'>): boolean {
  return router.placementOf(id).kind === 'standIn';
}

function life({ ttlSeconds }: OpenRequest): { ttlSeconds?: number } {
  return ttlSeconds === undefined ? {} : { ttlSeconds };
}

function isIdOf(map: LetterMap, id: string): boolean {
  const letter = id.slice(0, 1);
  return isMintedForm(id) && isLetter(letter) && map.has(letter);
}
