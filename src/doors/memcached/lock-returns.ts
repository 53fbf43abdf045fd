import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { Complaints } from '../../mesh/complaints.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import { shortenId } from '../../session/session-id.ts';
import type { Reply } from '../../session/reply.ts';
import type { MeshDesk } from './mesh-desk.ts';

/** Given back in one turn of the event loop: what thousands of clients held at once must not stop the node. */
const PER_TURN = 64;

/** Asked for and not answered, over all owners: less than a link takes, so that requests still have room. */
const IN_FLIGHT = 64;

/** A lock is asked to be given back so many times, where the answer is lost on the way. */
const TRIES = 3;

const DELETED: MemcachedReply = { kind: 'deleted' };

export interface LockReturnsParts {
  readonly mesh: Pick<MeshDesk, 'ask'>;
  /** Locks that all clients of this door may hold or ask for at once. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Return {
  readonly id: string;
  readonly token: string;
  readonly tries: number;
}

/**
 * The locks of all clients of a door: how many there are, and those that nobody uses any more on their way back to the
 * sessions' owners, in slices.
 */
export class LockReturns {
  readonly #parts: LockReturnsParts;
  readonly #complaints: Complaints;
  readonly #queue: Return[] = [];
  #held = 0;
  #inFlight = 0;
  #isDue = false;

  constructor(parts: LockReturnsParts) {
    this.#parts = parts;
    this.#complaints = new Complaints(parts.clock, parts.log);
  }

  /** Counts one more; false where there are too many. */
  reserve(): boolean {
    if (this.#held >= this.#parts.limit) return false;
    this.#held += 1;
    return true;
  }

  /** One is not held any more, nor asked for. */
  free(): void {
    this.#held -= 1;
  }

  /** Gives it back, a little later. Nobody waits for this; if it fails, the lock ends when its hold does, or with this node. */
  giveBack(id: string, token: string): void {
    this.#queue.push({ id, token, tries: TRIES });
    this.#later();
  }

  #later(): void {
    if (this.#isDue || this.#queue.length === 0 || this.#inFlight >= IN_FLIGHT) return;
    this.#isDue = true;
    this.#parts.clock.after(0, () => {
      this.#isDue = false;
      for (const one of this.#queue.splice(0, Math.min(PER_TURN, IN_FLIGHT - this.#inFlight))) this.#ask(one);
      this.#later();
    });
  }

  #ask({ id, token, tries }: Return): void {
    this.#inFlight += 1;
    const reply = this.#parts.mesh.ask({ kind: 'unlock', id, token }, 'unlock', (answer) => {
      // To give it back twice does no harm.
      if (answer.kind === 'in-doubt' && tries > 1) this.#queue.push({ id, token, tries: tries - 1 });
      else if (answer.kind === 'unavailable' || answer.kind === 'in-doubt') this.#stays(id, answer);
      return DELETED;
    });
    void Promise.resolve(reply).then(() => {
      this.#inFlight -= 1;
      this.#later();
    });
  }

  #stays(id: string, { code }: Extract<Reply, { kind: 'unavailable' | 'in-doubt' }>): void {
    const text = 'a lock that nobody uses any more ends only when its hold does';
    this.#complaints.warn('lock', code, text, { id: shortenId(id), code });
  }
}
