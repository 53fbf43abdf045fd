import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { Complaints } from '../mesh/complaints.ts';
import type { SessionCommand } from '../session/command.ts';
import { loggable } from '../session/loggable.ts';
import type { Reply } from '../session/reply.ts';
import { shortenId } from '../session/session-id.ts';
import type { Soon } from '../soon.ts';

/** Given back in one turn of the event loop: what thousands of clients held at once must not stop the node. */
const PER_TURN = 64;

/** Asked for and not answered, over all owners: less than a link takes, so that requests still have room. */
const IN_FLIGHT = 64;

/** A lock is asked to be given back so many times, where the answer is lost on the way. */
const TRIES = 3;

export interface LockReturnsParts {
  /** Has the owner of the lock answer. */
  readonly ask: (command: SessionCommand) => Soon<Reply>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Return {
  readonly id: string;
  readonly token: string;
  readonly tries: number;
}

/** Locks that nobody uses any more, on their way back to the sessions' owners, in slices. */
export class LockReturns {
  readonly #parts: LockReturnsParts;
  readonly #complaints: Complaints;
  readonly #queue: Return[] = [];
  #inFlight = 0;
  #isDue = false;

  constructor(parts: LockReturnsParts) {
    this.#parts = parts;
    this.#complaints = new Complaints(parts.clock, parts.log);
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
      for (const one of this.#queue.splice(0, Math.min(PER_TURN, IN_FLIGHT - this.#inFlight))) void this.#ask(one);
      this.#later();
    });
  }

  async #ask({ id, token, tries }: Return): Promise<void> {
    this.#inFlight += 1;
    try {
      const reply = await this.#parts.ask({ kind: 'unlock', id, token });
      // To give it back twice does no harm.
      if (reply.kind === 'in-doubt' && tries > 1) this.#queue.push({ id, token, tries: tries - 1 });
      else if (reply.kind === 'unavailable' || reply.kind === 'in-doubt') this.#stays(id, reply.code);
    } catch (error) {
      this.#parts.log.error(
        { err: loggable(error) },
        'a lock could not be given back, for a reason that should not be',
      );
    } finally {
      this.#inFlight -= 1;
      this.#later();
    }
  }

  #stays(id: string, code: string): void {
    const text = 'a lock that nobody uses any more ends only when its hold does';
    this.#complaints.warn('lock', code, text, { id: shortenId(id), code });
  }
}
