import Denque from 'denque';
import type { Response } from 'memjs';
import { StoreInDoubtError, StoreUnavailableError } from '../errors.ts';

/** What one connection holds unsettled at most; beyond that a request fails at once. */
export const MAX_PENDING_REQUESTS = 10_000;
export const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export interface MemcachedRequest {
  readonly opcode: number;
  readonly opaque: number;
  readonly bytes: Buffer;
  answered(response: Response): void;
  /** Called instead of `answered`: `StoreUnavailableError` where no byte has left, else `StoreInDoubtError`. */
  failed(error: StoreUnavailableError | StoreInDoubtError): void;
}

interface Pending {
  readonly request: MemcachedRequest;
  readonly deadlineAt: number;
}

/**
 * The requests of one connection that have not settled, oldest first.
 *
 * ```
 *  add ─► unsent ── send ──► unanswered ── take(its number) ──► answered
 *            │                   │
 *            └─ unavailable      └─ in doubt
 * ```
 */
export class PendingRequests {
  #unsent: Pending[] = [];
  /** Oldest first, as memcached answers them; a Map would lay out its table anew all the time. */
  readonly #unanswered = new Denque<Pending>();
  #bytes = 0;

  get size(): number {
    return this.#unsent.length + this.#unanswered.length;
  }

  get unsentCount(): number {
    return this.#unsent.length;
  }

  /** When the oldest request that was sent should have been answered; `Infinity` where there is none. */
  get answerDueAt(): number {
    return this.#unanswered.peekFront()?.deadlineAt ?? Infinity;
  }

  /** When the oldest request that was not sent stops waiting; `Infinity` where there is none. */
  get sendDueAt(): number {
    return this.#unsent[0]?.deadlineAt ?? Infinity;
  }

  /** Takes the request in and says yes, or fails it at once where there are too many. Deadlines never go back. */
  add(request: MemcachedRequest, deadlineAt: number): boolean {
    if (this.size >= MAX_PENDING_REQUESTS || this.#bytes + request.bytes.length > MAX_PENDING_BYTES) {
      request.failed(
        new StoreUnavailableError(
          `${this.size} requests of ${this.#bytes} bytes wait for memcached already; it is too slow for this load`,
        ),
      );
      return false;
    }
    this.#bytes += request.bytes.length;
    this.#unsent.push({ request, deadlineAt });
    return true;
  }

  send(write: (bytes: Buffer) => void): void {
    const batch = this.#unsent;
    this.#unsent = [];
    for (const pending of batch) {
      this.#unanswered.push(pending);
      write(pending.request.bytes);
    }
  }

  /** The request that an answer with this number and command belongs to. */
  take(opaque: number, opcode: number): MemcachedRequest | undefined {
    const oldest = this.#unanswered.peekFront()?.request;
    const at = oldest?.opaque === opaque ? 0 : this.#indexOf(opaque);
    const request = this.#unanswered.peekAt(at)?.request;
    if (request?.opcode !== opcode || request.opaque !== opaque) return undefined;
    if (at === 0) this.#unanswered.shift();
    else this.#unanswered.removeOne(at);
    this.#bytes -= request.bytes.length;
    return request;
  }

  /** Fails what should have been sent by now; nothing of it ever was. */
  expireUnsent(now: number, reason: string): void {
    const count = this.#unsent.findIndex(({ deadlineAt }) => deadlineAt > now);
    const expired = this.#unsent.splice(0, count === -1 ? this.#unsent.length : count);
    if (expired.length > 0) this.#fail(expired, new StoreUnavailableError(`${reason}; nothing was sent`));
  }

  failAll(reason: string, cause: Error | undefined): void {
    const unanswered = this.#unanswered.toArray();
    const unsent = this.#unsent;
    this.#unanswered.clear();
    this.#unsent = [];
    if (unanswered.length > 0) {
      this.#fail(unanswered, new StoreInDoubtError(`${reason}; what was sent may have been done`, { cause }));
    }
    if (unsent.length > 0) this.#fail(unsent, new StoreUnavailableError(`${reason}; nothing was sent`, { cause }));
  }

  /** Answers out of order: nobody does that, and it is right all the same. */
  #indexOf(opaque: number): number {
    return this.#unanswered.toArray().findIndex(({ request }) => request.opaque === opaque);
  }

  #fail(pendings: readonly Pending[], error: StoreUnavailableError | StoreInDoubtError): void {
    for (const { request } of pendings) {
      this.#bytes -= request.bytes.length;
      request.failed(error);
    }
  }
}
