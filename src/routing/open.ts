import type { Content, LockRequest, SessionCommand } from '../session/command.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import { isMintedForm } from '../session/session-id.ts';
import type { Opened, OpenReply, OpenRequest } from './open-reply.ts';
import type { Placement } from './placement.ts';
import type { SingleFlight } from './single-flight.ts';

/** What opening needs of the router. */
export interface OpenRouter {
  mint(request: { readonly content: Content; readonly ttlSeconds?: number }): Promise<Reply>;
  dispatch(command: SessionCommand): Promise<Reply>;
  ownerOf(id: string): Letter;
  placementOf(id: string): Placement;
}

/** An id whose successor we follow, and why the visitor's own id is no longer good. */
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
export async function open(
  request: OpenRequest,
  router: OpenRouter,
  map: LetterMap,
  successions: SingleFlight<OpenReply>,
): Promise<OpenReply> {
  const { id, lock } = request;
  if (id === undefined) return fresh(request, router);
  if (!isIdOf(map, id)) return fresh(request, router, { previous: id, reason: 'malformed' });

  let current = id;
  let trail: Trail | undefined;
  for (let hop = 0; hop <= LONGEST_TRAIL; hop += 1) {
    const reply = await router.dispatch({ kind: 'open', id: current, ...(lock !== undefined && { lock }) });
    switch (reply.kind) {
      case 'done':
        return opened(reply, router, trail);
      case 'moved':
        trail = { previous: id, reason: 'owner-dead' };
        current = reply.to;
        continue;
      case 'miss': {
        const found: Trail = trail ?? { previous: id, reason: reply.reason };
        if (router.placementOf(current).kind !== 'standIn') {
          return trail === undefined ? fresh(request, router, found) : succeed(request, router, id, found, current);
        }
        const orphan = current;
        const succession = await successions.do(orphan, () => succeed(request, router, orphan, found));
        // Whoever shares a flight came with the same orphan, perhaps along another trail; a lock is one request's own.
        if (succession.kind !== 'opened') return succession;
        const isStillThere = succession.state === 'found';
        if (lock === undefined) return isStillThere ? succession : { ...succession, previous: id };
        if (!isStillThere) trail = found;
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
  trail: Trail,
  insteadOf?: string,
): Promise<OpenReply> {
  const minted = await router.mint({ content: EMPTY, ...life(request) });
  if (minted.kind !== 'done') return failure(minted);
  const recorded = await router.dispatch({
    kind: 'succeed',
    id: orphan,
    successor: minted.id,
    ...(insteadOf !== undefined && { insteadOf }),
  });
  if (recorded.kind === 'moved' && recorded.to === minted.id)
    return opened({ ...minted, content: EMPTY }, router, trail);
  await router.dispatch({ kind: 'destroy', id: minted.id });
  // Somebody was first, or the owner came back: the visitor's id leads to whatever stands there now.
  const isSettled =
    recorded.kind === 'moved' || (recorded.kind === 'unavailable' && recorded.code === 'OWNER_RETURNED');
  if (!isSettled) return failure(recorded);
  const target = recorded.kind === 'moved' ? recorded.to : orphan;
  const reply = await router.dispatch({ kind: 'open', id: target });
  if (reply.kind !== 'done') return fresh(request, router, trail);
  return opened(reply, router, target === trail.previous ? undefined : trail);
}

/** A session nobody else can share: minted, or regenerated where a trail says what for. */
async function fresh(request: OpenRequest, router: OpenRouter, trail?: Trail): Promise<OpenReply> {
  const minted = await router.mint({ content: EMPTY, ...life(request) });
  if (minted.kind !== 'done') return failure(minted);
  if (request.lock === undefined) return opened({ ...minted, content: EMPTY }, router, trail, 'minted');
  return locked(minted.id, request.lock, router, trail);
}

async function locked(id: string, lock: LockRequest, router: OpenRouter, trail?: Trail): Promise<OpenReply> {
  const reply = await router.dispatch({ kind: 'open', id, lock });
  return reply.kind === 'done' ? opened(reply, router, trail, 'minted') : failure(reply);
}

function opened(
  reply: Extract<Reply, { kind: 'done' }>,
  router: Pick<OpenRouter, 'ownerOf'>,
  trail: Trail | undefined,
  otherwise: 'found' | 'minted' = 'found',
): Opened {
  const { id, version, ttlSeconds, content = EMPTY, lock } = reply;
  return {
    kind: 'opened',
    id,
    state: trail === undefined ? otherwise : 'regenerated',
    ...trail,
    version,
    ttlSeconds,
    content,
    owner: router.ownerOf(id),
    ...(lock !== undefined && { lock }),
  };
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

function life({ ttlSeconds }: OpenRequest): { ttlSeconds?: number } {
  return ttlSeconds === undefined ? {} : { ttlSeconds };
}

function isIdOf(map: LetterMap, id: string): boolean {
  const letter = id.slice(0, 1);
  return isMintedForm(id) && isLetter(letter) && map.has(letter);
}
