/*
 * One request's way through the daemon.
 *
 *   HTTP door ─► open ─► router.dispatch ◄─ memcached door
 *                            │ place(id)
 *        ┌──────── own ──────┼──────────── peer ───────────┬───────── standIn ─────────┐
 *        ▼                   │ suspect: relay,             ▼                           ▼
 *   localExecutor.own        │ or wait for the     forwarder ─► link      localExecutor.standIn here,
 *        │                   │ verdict                     │              or forwarder ─► link to it
 *        ▼                   ▼                             ▼                           │
 *     tenure: may I answer?  members.change       peer's mesh-server                   ▼
 *        ▼                                                 ▼                    estate: ledger, shelf
 *     engine ─► vault ─► store (Memcached / memory)     peer-desk ─► localExecutor
 *
 * Replies come back the same way. Placement never forwards twice: `peer-desk` executes, or makes the one relay that
 * docs/guarantees.md#rule-8 allows. What becomes of a request whose peer dies is drawn in
 * ARCHITECTURE.md#the-same-request-when-the-peer-dies.
 */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import type { Members } from '../membership/members.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { lockWaitMs, type Content, type LockRequest, type SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import { ownerLetter, shortenId } from '../session/session-id.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { Forwarder, Passage } from './forwarder.ts';
import type { LocalExecutor } from './local-executor.ts';
import { open, type OpenRouter } from './open.ts';
import type { OpenReply, OpenRequest } from './open-reply.ts';
import { isStandIn, place, type MeshSight, type Placement } from './placement.ts';
import { ResetLog } from './reset-log.ts';
import { SingleFlight } from './single-flight.ts';

export interface RouterParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly members: Members;
  readonly executor: LocalExecutor;
  readonly forwarder: Forwarder;
  readonly timings: TimingsConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'count'>;
}

export interface MintRequest {
  readonly content: Content;
  readonly ttlSeconds?: number;
}

/** While nobody can answer, the placement is looked at again at every change in the mesh, and at least this often. */
const LOOK_AGAIN_MS = 25;

/** A request that gets no answer fails this long before the hard cap, to leave time for a late timer and for the reply itself. */
const TELLING_MS = 10;

/** A lock is asked to be given back so many times, where the answer is lost on the way. */
const GIVE_BACK_TRIES = 3;

/** Decides for each command who answers it, and sees to it that an answer comes inside the hard cap. */
export class Router {
  readonly #parts: RouterParts;
  readonly #sight: MeshSight;
  readonly #resets: ResetLog;
  readonly #successions = new SingleFlight<OpenReply>();

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#resets = new ResetLog(parts.clock, parts.log);
    this.#sight = { self: parts.letter, map: parts.map, stateOf: (peer) => parts.members.stateOf(peer) };
  }

  ownerOf(id: string): Letter {
    return ownerLetter(id, this.#parts.map);
  }

  placementOf(id: string): Placement {
    return place(id, this.#sight);
  }

  /** Makes a session on this node. @param capAt monotonic: what it is a step of ends then */
  async mint({ content, ttlSeconds }: MintRequest, capAt = Number.POSITIVE_INFINITY): Promise<Reply> {
    const { clock, executor, metrics, timings } = this.#parts;
    const deadlineAt = Math.min(this.#lastBeginning(capAt), clock.monotonic() + timings.operationMs);
    if (deadlineAt <= clock.monotonic()) return { kind: 'unavailable', code: 'DEADLINE' };
    const reply = await executor.mint(content, ttlSeconds, deadlineAt);
    if (reply.kind === 'done') metrics.count('minted', {});
    return reply;
  }

  /** Finds a session or gives a fresh one: `open.ts`. All its steps together have one hard cap. */
  open(request: OpenRequest): Soon<OpenReply> {
    const capAt = this.#capFor(request.lock);
    const steps: OpenRouter = {
      dispatch: (command) => this.dispatch(command, capAt),
      mint: (minted) => this.mint(minted, capAt),
      ownerOf: (id) => this.ownerOf(id),
      placementOf: (id) => this.placementOf(id),
      giveBack: (id, token) => void this.#giveBack(id, token),
    };
    return whenKnown(open(request, steps, this.#parts.map, this.#successions), (reply) => {
      if (reply.kind === 'opened' && reply.reason === 'malformed') this.#countReset(request.id ?? '', 'malformed');
      return reply;
    });
  }

  /** Has a command answered by the node that answers for its id, and counts what was found gone. */
  dispatch(command: SessionCommand, capAt = Number.POSITIVE_INFINITY): Soon<Reply> {
    const reply = this.#settle(command, capAt);
    return reply instanceof Promise
      ? reply.then((known) => this.#counted(command, known))
      : this.#counted(command, reply);
  }

  #counted({ id }: SessionCommand, reply: Reply): Reply {
    // A memcached misses all day: of items, only those that went with their owner were sessions for sure.
    const isReset = reply.kind === 'miss' || reply.kind === 'answered';
    if (isReset && reply.reason !== undefined) this.#countReset(id, reply.reason);
    return reply;
  }

  /** After the reply, and under no cap but its own. To give it back twice does no harm. */
  async #giveBack(id: string, token: string): Promise<void> {
    for (let tries = 0; tries < GIVE_BACK_TRIES; tries += 1) {
      const { kind } = await this.#settle({ kind: 'unlock', id, token }, Number.POSITIVE_INFINITY);
      if (kind !== 'in-doubt') return;
    }
    this.#parts.log.warn({ id: shortenId(id) }, 'a lock that nobody uses any more ends only when its hold does');
  }

  #countReset(id: string, reason: ResetReason): void {
    this.#parts.metrics.count('resets', { reason });
    this.#resets.note(id, reason);
  }

  /** Only an explicit wait for a lock has a longer bound. */
  #capFor(lock: LockRequest | undefined): number {
    return this.#parts.clock.monotonic() + this.#parts.timings.hardCapMs + (lock?.waitMs ?? 0);
  }

  /**
   * What is begun here by then ends by the cap, even where the store needs its whole deadline to read and to write; but
   * never so early that the verdict on a frozen owner comes too late to act on it.
   */
  #lastBeginning(capAt: number): number {
    const { deadAfterMs, hardCapMs, pingMs, storeMs } = this.#parts.timings;
    return capAt - Math.min(2 * storeMs, hardCapMs - deadAfterMs - pingMs);
  }

  #settle(command: SessionCommand, latestAt: number): Soon<Reply> {
    const { clock, timings } = this.#parts;
    const waitMs = lockWaitMs(command);
    const now = clock.monotonic();
    const capAt = Math.min(latestAt, now + timings.hardCapMs + waitMs);
    const placement = this.placementOf(command.id);
    const firstUntil = now + timings.operationMs + waitMs;
    if (placement.kind === 'own') return this.#own(command, firstUntil, capAt);
    const first = this.#try(command, placement, firstUntil, capAt);
    return whenKnown(first, (reply) => reply ?? this.#tryOn(command, waitMs, capAt));
  }

  async #tryOn(command: SessionCommand, waitMs: number, capAt: number): Promise<Reply> {
    const { clock, members, timings } = this.#parts;
    const toldAt = capAt - TELLING_MS;
    for (;;) {
      await members.change(Math.min(toldAt, clock.monotonic() + LOOK_AGAIN_MS));
      const now = clock.monotonic();
      if (now >= toldAt) return { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };
      const reply = await this.#try(command, this.placementOf(command.id), now + timings.operationMs + waitMs, capAt);
      if (reply !== undefined) return reply;
    }
  }

  /** Tried once: whatever comes of it is the answer. */
  #own(command: SessionCommand, latestAt: number, capAt: number): Soon<Reply> {
    return this.#parts.executor.own(command, Math.min(capAt, latestAt, this.#lastBeginning(capAt)));
  }

  /** Nothing comes of it where it was surely not done, and another try may be worth it. */
  #try(command: SessionCommand, placement: Placement, latestAt: number, capAt: number): Soon<Reply | undefined> {
    const { executor, letter: self } = this.#parts;
    const deadlineAt = Math.min(capAt, latestAt);
    switch (placement.kind) {
      case 'own':
        return this.#own(command, latestAt, capAt);
      case 'peer': {
        const { letter, incarnation } = placement;
        return this.#forward(command, { via: letter, route: 'owner', owner: letter, incarnation, deadlineAt });
      }
      case 'suspect':
        return this.#relay(command, placement, deadlineAt);
      case 'standIn': {
        const { owner, incarnation, by } = placement;
        if (by !== self) return this.#forward(command, { via: by, route: 'stand-in', owner, incarnation, deadlineAt });
        const localDeadlineAt = Math.min(deadlineAt, this.#lastBeginning(capAt));
        const reply = executor.standIn(owner, command, localDeadlineAt, () => isStandIn(owner, this.#sight));
        return whenKnown(reply, (known) => {
          const isOurs = known.kind !== 'unavailable' || known.code !== 'OWNER_UNREACHABLE';
          return isOurs ? known : undefined;
        });
      }
      case 'unplaceable':
        return undefined;
    }
  }

  #forward(command: SessionCommand, passage: Passage): Soon<Reply | undefined> {
    return whenKnown(this.#parts.forwarder.forward(command, passage), (outcome) =>
      outcome.kind === 'answered' ? outcome.reply : undefined,
    );
  }

  /** One cut link changes nothing: a node that still sees the owner passes the command on. */
  async #relay(
    command: SessionCommand,
    { letter: owner, incarnation }: Extract<Placement, { kind: 'suspect' }>,
    deadlineAt: number,
  ): Promise<Reply | undefined> {
    const { members } = this.#parts;
    if (incarnation === 0) return undefined;
    const relays = members.letters.filter((letter) => letter !== owner && members.stateOf(letter).kind === 'alive');
    for (const via of relays) {
      const reply = await this.#forward(command, { via, route: 'relay', owner, incarnation, deadlineAt });
      if (reply !== undefined) return reply;
    }
    return undefined;
  }
}
