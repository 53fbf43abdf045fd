import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { LongWork } from '../long-work.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { Content, LockRequest, SessionCommand } from '../session/command.ts';
import { confirmed, type LiveRecord } from '../session/record.ts';
import type { Reply } from '../session/reply.ts';
import type { Letter } from '../session/letter.ts';
import type { MintedIds } from '../session/minted-ids.ts';
import type { Versions } from '../session/version.ts';
import { whenKnown, type Soon } from '../soon.ts';
import { Doubts } from './doubts.ts';
import { HandOver } from './hand-over.ts';
import { Items } from './items.ts';
import { merged } from './json-content.ts';
import type { Locks } from './locks.ts';
import { Minting } from './minting.ts';
import { NewRecords } from './new-records.ts';
import { miss, secondsLeft } from './session-replies.ts';
import { storeFailure } from './store-failure.ts';
import { aliasOf, isBarred } from './tombstone.ts';
import type { Turns } from './turns.ts';
import type { Found, Vault } from './vault.ts';

/** The commands that only a stand-in carries out. */
export type OwnerCommand = Exclude<SessionCommand, { kind: 'succeed' }>;

type CommandOf<K extends OwnerCommand['kind']> = Extract<OwnerCommand, { kind: K }>;

/** Those that take their turn with others on the same session; locks have a line of their own, and a flush has none. */
type TurnCommand = Exclude<OwnerCommand, { kind: 'lock' | 'unlock' | 'flush' }>;

export interface EngineParts {
  readonly letter: Letter;
  readonly ids: Pick<MintedIds, 'draw'>;
  readonly vault: Vault;
  readonly turns: Turns;
  readonly locks: Locks;
  readonly versions: Versions;
  readonly session: SessionConfig;
  /** Whether a flush is obeyed: this node's own option decides, also where a peer asks. */
  readonly allowsFlush: boolean;
  readonly work: LongWork;
  readonly clock: Clock;
  readonly log: Logger;
}

/** To a slower request: the session that it read is no more, whatever stands there now. */
const DESTROYED_MISS: Reply = { kind: 'miss', reason: 'destroyed' };

/**
 * The owner's operations on its sessions. The owner is one process and the only gateway to its store, so this is where
 * the commands on a session are put in order; everything richer than get, set and add is done here over records.
 */
export class Engine {
  readonly #vault: Vault;
  readonly #turns: Turns;
  readonly #locks: Locks;
  readonly #versions: Versions;
  readonly #session: SessionConfig;
  readonly #allowsFlush: boolean;
  readonly #work: LongWork;
  readonly #clock: Clock;
  readonly #minting: Minting;
  readonly #records: NewRecords;
  readonly #items: Items;
  readonly #handOver: HandOver;
  readonly #doubts: Doubts;

  constructor(parts: EngineParts) {
    this.#vault = parts.vault;
    this.#turns = parts.turns;
    this.#locks = parts.locks;
    this.#versions = parts.versions;
    this.#session = parts.session;
    this.#allowsFlush = parts.allowsFlush;
    this.#work = parts.work;
    this.#clock = parts.clock;
    this.#minting = new Minting(parts);
    this.#records = new NewRecords(parts.versions, parts.session, parts.clock);
    this.#items = new Items(parts);
    this.#handOver = new HandOver(parts);
    this.#doubts = new Doubts(parts.vault, parts.turns, parts.clock);
  }

  /** Makes a new session under an id nobody has seen (S4). Never leaves doubt: an id nobody saw does no harm. */
  async mint(content: Content, ttlSeconds?: number): Promise<Reply> {
    if (this.#isTooLarge(content)) return { kind: 'refused', code: 'TOO_LARGE' };
    const minted = await this.#minting.reserve((id) => this.#records.live(id, content, ttlSeconds));
    return minted.kind === 'live' ? this.#done(minted) : minted;
  }

  /**
   * At once where the command's turn has come and nothing has to be asked of the store. Never rejects for what that does.
   *
   * @param deadlineAt monotonic; a command whose turn comes later is not begun
   */
  execute(command: OwnerCommand, deadlineAt: number): Soon<Reply> {
    if (command.kind === 'unlock') return this.#unlock(command);
    if (command.kind === 'lock') return this.#lock(command, deadlineAt);
    if (command.kind === 'flush') return this.#flush(command);
    if (command.kind === 'open' && command.lock !== undefined) {
      return this.#openLocked(command, command.lock, deadlineAt);
    }
    return this.#inTurn(command, deadlineAt);
  }

  /** Frees what clients of this node hold or queue for: it is dead, or lives on without them. */
  releaseLocksOf(holder: Letter): void {
    this.#locks.releaseOf(holder);
  }

  /**
   * Drops all sessions, because they may be older than what was answered on our behalf. A command that has read one before
   * is finished first, so that it cannot write it back afterwards. Rejects as the store does.
   */
  wipe(): Promise<void> {
    const recentUntil = this.#clock.now() + this.#session.ttlSeconds * 1000;
    return this.#turns.alone(() => this.#vault.clear('owner-dead', recentUntil));
  }

  /**
   * Resets all sessions whose ids no node minted, because they may be older than what was answered on our behalf.
   *
   * @returns the version that such a record has to reach from now on, which has to outlive this process
   */
  resetUnminted(): Promise<number> {
    return this.#turns.alone(() => {
      const floor = this.#versions.next();
      this.#vault.resetUnminted(floor);
      return Promise.resolve(floor);
    });
  }

  /** Applies what a stand-in did with one of our orphans. Rejects as the store does: then the handing back begins anew. */
  settle(entry: EstateEntry): Promise<void> {
    return this.#handOver.settle(entry);
  }

  /** What this engine, as a shelf, hands back under an id. Rejects as the store does. */
  handBack(id: string): Promise<EstateEntry> {
    return this.#handOver.handBack(id);
  }

  #inTurn(command: TurnCommand, deadlineAt: number): Soon<Reply> {
    if (!this.#turns.hasRoom(command.id)) return { kind: 'refused', code: 'SESSION_BUSY' };
    return this.#turns.take<Reply>(
      command.id,
      () => {
        if (this.#clock.monotonic() >= deadlineAt) return { kind: 'unavailable', code: 'DEADLINE' };
        return this.#carryOut(command, deadlineAt);
      },
      (error) => this.#failed(command, error),
    );
  }

  #failed({ id }: TurnCommand, error: unknown): Reply {
    const reply = storeFailure(error);
    if (reply.kind === 'in-doubt') this.#doubts.note(id);
    return reply;
  }

  #carryOut(command: TurnCommand, deadlineAt: number): Soon<Reply> {
    switch (command.kind) {
      case 'get':
      case 'open':
        return this.#read(command);
      case 'put':
        return this.#put(command);
      case 'keep':
        return this.#keep(command);
      case 'patch':
        return this.#patch(command, deadlineAt);
      case 'touch':
        return this.#touch(command);
      case 'rotate':
        return this.#rotate(command);
      case 'destroy':
        return this.#destroy(command);
      case 'item':
        return this.#items.execute(command);
    }
  }

  #read(command: CommandOf<'get' | 'open'>): Soon<Reply> {
    return whenKnown(this.#vault.load(command.id), (found) => this.#readIn(found, command));
  }

  #readIn(found: Found, command: CommandOf<'get' | 'open'>): Reply {
    if (found.kind === 'absent') return miss(found);
    if (found.record.kind === 'live') return { ...this.#done(found.record), content: found.record.content };

    const now = this.#clock.now();
    const { version, reason, content, readableUntil, successor, successorUntil } = found.record;
    if (content !== undefined && now < readableUntil) {
      return { kind: 'done', id: command.id, version, ttlSeconds: secondsLeft(readableUntil, now), content };
    }
    if (command.kind === 'open' && successor !== undefined && now < successorUntil) {
      return { kind: 'moved', to: successor };
    }
    return { kind: 'miss', reason };
  }

  async #put(command: CommandOf<'put'>): Promise<Reply> {
    if (this.#isTooLarge(command.content)) return { kind: 'refused', code: 'TOO_LARGE' };
    const live = await this.#loadLive(command.id, command.ifVersion);
    if (live.kind !== 'live') return live;
    if (this.#isBarred(live, command.ifVersion)) return DESTROYED_MISS;
    return this.#replace(live, command.content, command.ttlSeconds);
  }

  async #keep(command: CommandOf<'keep'>): Promise<Reply> {
    if (this.#isTooLarge(command.content)) return { kind: 'refused', code: 'TOO_LARGE' };
    const found = await this.#vault.load(command.id);
    if (this.#vault.isDestroyed(command.id, found)) return { kind: 'refused', code: 'DESTROYED' };
    const previous = found.kind === 'record' ? found.record.version : 0;
    if (found.kind === 'record' && found.record.kind === 'live' && this.#isBarred(found.record)) {
      return { kind: 'refused', code: 'DESTROYED' };
    }
    const record = this.#records.live(command.id, command.content, command.ttlSeconds, previous);
    await this.#vault.save(record);
    return this.#done(record);
  }

  async #patch(command: CommandOf<'patch'>, deadlineAt: number): Promise<Reply> {
    const live = await this.#loadLive(command.id, command.ifVersion);
    if (live.kind !== 'live') return live;
    if (this.#isBarred(live, command.ifVersion)) return DESTROYED_MISS;
    const content = await merged(live.content, command.patch, this.#work);
    if (typeof content === 'string') return { kind: 'refused', code: content };
    if (this.#isTooLarge(content)) return { kind: 'refused', code: 'TOO_LARGE' };
    // A long merge waits for other work; by now nobody may be waiting for it.
    if (this.#clock.monotonic() >= deadlineAt) return { kind: 'unavailable', code: 'DEADLINE' };
    return this.#replace(live, content, command.ttlSeconds);
  }

  /** Rewrites the record, since its expiry stands in it; the version stays, for the data did not change. */
  async #touch(command: CommandOf<'touch'>): Promise<Reply> {
    const live = await this.#loadLive(command.id);
    if (live.kind !== 'live') return live;
    const ttlSeconds = this.#records.life(command.ttlSeconds, live.ttlSeconds);
    const touched = { ...confirmed(live), ttlSeconds, expiresAt: this.#clock.now() + ttlSeconds * 1000 };
    await this.#vault.save(touched);
    return this.#done(touched);
  }

  /** First the new record, which nobody knows yet; then the old one's tombstone, and with it the rotation is done. */
  async #rotate(command: CommandOf<'rotate'>): Promise<Reply> {
    const live = await this.#loadLive(command.id);
    if (live.kind !== 'live') return live;
    const minted = await this.mint(live.content, live.ttlSeconds);
    if (minted.kind !== 'done') return minted;

    const graceSeconds = command.graceSeconds ?? this.#session.rotateGraceSeconds;
    const readableUntil = this.#clock.now() + graceSeconds * 1000;
    const tombstone = this.#records.tombstone(live.id, live.version, 'destroyed');
    await this.#vault.save(
      graceSeconds === 0
        ? tombstone
        : { ...tombstone, expiresAt: tombstone.expiresAt + graceSeconds * 1000, readableUntil, content: live.content },
    );
    return minted;
  }

  async #destroy(command: CommandOf<'destroy'>): Promise<Reply> {
    const found = await this.#vault.load(command.id);
    const previous = found.kind === 'record' ? found.record.version : 0;
    const alias = found.kind === 'record' ? aliasOf(found.record) : {};
    const tombstone = { ...this.#records.tombstone(command.id, previous, 'destroyed'), ...alias };
    // Also where nothing is there: who read it before it went may still write it (S5).
    await this.#vault.save(tombstone);
    if (found.kind === 'absent') return miss(found);
    const { record } = found;
    // A rotated session in its grace can still be destroyed: its tombstone then loses the readable copy.
    const isGone = record.kind === 'tombstone' && this.#clock.now() >= record.readableUntil;
    if (isGone) return { kind: 'miss', reason: record.reason };
    return { kind: 'done', id: command.id, version: tombstone.version, ttlSeconds: 0 };
  }

  /** A lock that came to somebody who has stopped waiting would be held by nobody: past the deadline none is granted. */
  async #openLocked(command: CommandOf<'open'>, { waitMs, token }: LockRequest, deadlineAt: number): Promise<Reply> {
    const leftMs = Math.max(0, deadlineAt - this.#clock.monotonic());
    const lock = await this.#locks.acquire(command.id, Math.min(waitMs, leftMs), { token });
    if (typeof lock === 'string') return { kind: 'refused', code: lock };
    const reply = await this.#inTurn(command, deadlineAt);
    const isInTime = this.#clock.monotonic() < deadlineAt;
    if (reply.kind === 'done' && isInTime) return { ...reply, lock };
    this.#locks.release(command.id, lock.token);
    return reply.kind === 'done' ? { kind: 'unavailable', code: 'DEADLINE' } : reply;
  }

  /** @param deadlineAt monotonic; bounds the wait as well, since nobody waits for the answer after it */
  async #lock({ id, waitMs, holdMs, holder, token }: CommandOf<'lock'>, deadlineAt: number): Promise<Reply> {
    const leftMs = deadlineAt - this.#clock.monotonic();
    if (leftMs <= 0) return { kind: 'unavailable', code: 'DEADLINE' };
    const lock = await this.#locks.acquire(id, Math.min(waitMs, leftMs), { holdMs, holder, token });
    if (typeof lock === 'string') return { kind: 'refused', code: lock };
    return { kind: 'answered', answer: { kind: 'stored', cas: this.#versions.next() }, lock };
  }

  #unlock(command: CommandOf<'unlock'>): Reply {
    if (!this.#locks.release(command.id, command.token)) return { kind: 'refused', code: 'LOCK_LOST' };
    return { kind: 'done', id: command.id, version: 0, ttlSeconds: 0 };
  }

  async #flush(command: CommandOf<'flush'>): Promise<Reply> {
    if (!this.#allowsFlush) return { kind: 'refused', code: 'FLUSH_NOT_ALLOWED' };
    try {
      await this.#vault.clear('destroyed');
    } catch (error) {
      return storeFailure(error);
    }
    return { kind: 'done', id: command.id, version: 0, ttlSeconds: 0 };
  }

  async #loadLive(id: string, ifVersion?: number): Promise<LiveRecord | Reply> {
    const found = await this.#vault.load(id);
    if (found.kind === 'absent') return miss(found);
    if (found.record.kind === 'tombstone') return { kind: 'miss', reason: found.record.reason };
    if (ifVersion !== undefined && ifVersion !== found.record.version) {
      return { kind: 'refused', code: 'VERSION_CONFLICT', version: found.record.version };
    }
    return found.record;
  }

  async #replace(live: LiveRecord, content: Content, ttlSeconds?: number): Promise<Reply> {
    const fresh = this.#records.live(live.id, content, this.#records.life(ttlSeconds, live.ttlSeconds), live.version);
    const record = live.grave === undefined ? fresh : { ...fresh, grave: live.grave };
    await this.#vault.save(record);
    return this.#done(record);
  }

  /** Whether a session that was destroyed was begun anew here, and who writes now may not know of either. */
  #isBarred({ grave }: LiveRecord, seen?: number): boolean {
    return grave !== undefined && grave.until > this.#clock.now() && isBarred(grave, seen);
  }

  #isTooLarge({ payload }: Content): boolean {
    return payload.length > this.#session.maxBytes;
  }

  #done(record: LiveRecord): Extract<Reply, { kind: 'done' }> {
    const ttlSeconds = secondsLeft(record.expiresAt, this.#clock.now());
    return { kind: 'done', id: record.id, version: record.version, ttlSeconds };
  }
}
