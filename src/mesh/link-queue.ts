import Denque from 'denque';
import type { Clock, Timer } from '../clock.ts';
import { LinkBusyError, type MagliaError } from '../errors.ts';
import type { SessionCommand } from '../session/command.ts';
import type { Asker } from './in-flight.ts';
import type { PeerRequest } from './message.ts';

export interface Queued {
  readonly request: PeerRequest;
  readonly deadlineAt: number;
  readonly asker: Asker;
  readonly since: number;
  readonly bytes: number;
}

/** What a request in the queue is counted as beside its payload. */
const REQUEST_BYTES = 512;

/** A request waits for at most this part of the time that the peer has for it: the rest is for doing it. */
const WAITING_SHARE = 1 / 2;

/** How often those that have waited too long are looked for. */
const LOOK_MS = 10;

/**
 * Requests for which a link has no room at the moment, in the order in which they came. Better here than in flight: what
 * has not left is surely not done, costs no connection when its time is up, and keeps the peer's own queues short.
 */
export class LinkQueue {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #queue = new Denque<Queued>();
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#queue.length;
  }

  /** False where there is no room for it here, either. One may join as long as there is any. */
  add(request: PeerRequest, deadlineAt: number, asker: Asker): boolean {
    if (this.#bytes >= this.#maxBytes) return false;
    const bytes = REQUEST_BYTES + (request.kind === 'execute' ? payloadBytes(request.command) : 0);
    this.#bytes += bytes;
    this.#queue.push({ request, deadlineAt, asker, since: this.#clock.monotonic(), bytes });
    this.#timer ??= this.#clock.after(LOOK_MS, () => this.#look());
    return true;
  }

  /** The next one, with what is left of its budget. */
  next(): Queued | undefined {
    const now = this.#clock.monotonic();
    for (;;) {
      const queued = this.#take();
      if (queued === undefined) return undefined;
      if (now < lastMomentOf(queued)) {
        const { deadlineAt, asker, since, bytes } = queued;
        return { request: afterWait(queued, now), deadlineAt, asker, since, bytes };
      }
      queued.asker.onFailed(waitedTooLong());
    }
  }

  failAll(makeError: () => MagliaError): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const failed = this.#queue.toArray();
    this.#empty();
    for (const { asker } of failed) asker.onFailed(makeError());
  }

  #take(): Queued | undefined {
    const queued = this.#queue.shift();
    if (queued !== undefined) this.#bytes -= queued.bytes;
    return queued;
  }

  #empty(): void {
    this.#queue.clear();
    this.#bytes = 0;
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const all = this.#queue.toArray();
    this.#empty();
    const late: Queued[] = [];
    for (const queued of all) {
      if (now >= lastMomentOf(queued)) {
        late.push(queued);
        continue;
      }
      this.#queue.push(queued);
      this.#bytes += queued.bytes;
    }
    if (this.#queue.length > 0) this.#timer = this.#clock.after(LOOK_MS, () => this.#look());
    for (const { asker } of late) asker.onFailed(waitedTooLong());
  }
}

function lastMomentOf({ request, since, deadlineAt }: Queued): number {
  const patienceMs = request.kind === 'execute' ? request.budgetMs : deadlineAt - since;
  return since + patienceMs * WAITING_SHARE;
}

/** What the peer is told that it has left is at least one: by the last moment half of it is. */
function afterWait({ request, since }: Queued, now: number): PeerRequest {
  if (request.kind !== 'execute') return request;
  const { kind, route, owner, incarnation, command } = request;
  const budgetMs = Math.max(1, request.budgetMs - Math.ceil(now - since));
  return { kind, route, owner, incarnation, budgetMs, command };
}

function waitedTooLong(): LinkBusyError {
  return new LinkBusyError('it waited half its time for room on the link, and had none: ask less, or give more nodes');
}

function payloadBytes(command: SessionCommand): number {
  if (command.kind === 'item') return command.operation.kind === 'store' ? command.operation.value.length : 0;
  if (command.kind === 'put' || command.kind === 'keep') return command.content.payload.length;
  return command.kind === 'patch' ? command.patch.length : 0;
}
