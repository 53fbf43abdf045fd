import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Phase } from '../mesh/message.ts';
import { ChangeSignal } from './change-signal.ts';
import { transition, type TenureEvent, type TenureState } from './tenure-state.ts';

export interface TenureParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a confirmation holds: shorter than any peer needs to declare us dead. */
  readonly fenceAfterMs: number;
  /** Whether a peer exists that could have declared us dead, or could be asked. */
  readonly hasPeers: () => boolean;
  /** The peers are not asked again before this. */
  readonly askAgainMs: number;
  /** Pings every peer now; the answers come back through `confirm` and `lose`. */
  readonly askPeers: () => void;
  readonly onLost: (why: string) => void;
}

/**
 * The right to answer for our own letter, and to stand in for others. An owner that may have been declared dead asks
 * before it answers: a process that was frozen cannot serve what piled up in its sockets meanwhile
 * (docs/guarantees.md#rule-3).
 */
export class Tenure {
  readonly #parts: TenureParts;
  readonly #signal: ChangeSignal;
  #state: TenureState = { kind: 'joining', why: 'starting' };
  #incarnation: number;
  /** Monotonic: when the peers were last asked for those who wait. */
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Monotonic: when we last knew for sure that the process runs. */
  #lookedAt: number;

  constructor(incarnation: number, parts: TenureParts) {
    this.#incarnation = incarnation;
    this.#parts = parts;
    this.#lookedAt = parts.clock.monotonic();
    this.#signal = new ChangeSignal(parts.clock);
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get phase(): Phase {
    return this.#state.kind;
  }

  get why(): string {
    switch (this.#state.kind) {
      case 'joining':
        return this.#state.why;
      case 'serving':
        return this.isSure()
          ? 'confirmed by a peer, or alone'
          : 'asking the peers whether it is still considered alive';
      case 'leaving':
        return 'closing';
    }
  }

  /** Whether we can answer at once, without asking anybody. */
  isSure(): boolean {
    if (this.#state.kind !== 'serving') return false;
    const age = this.#parts.clock.monotonic() - this.#state.confirmedAt;
    if (age < this.#parts.fenceAfterMs) return true;
    return this.#state.awayAt === undefined && !this.#parts.hasPeers();
  }

  /** Waits until we may answer: resolves to false where that does not come before the deadline (monotonic). */
  async maySoonAnswer(deadlineAt: number): Promise<boolean> {
    while (!this.isSure()) {
      if (this.#state.kind === 'leaving') return false;
      if (this.#state.kind === 'serving') this.#askPeers();
      if (!(await this.#signal.wait(deadlineAt))) return this.isSure();
    }
    return true;
  }

  /** Once for all who wait: a crowd must not send the peers a crowd of pings. */
  #askPeers(): void {
    const now = this.#parts.clock.monotonic();
    if (now - this.#askedAt < this.#parts.askAgainMs) return;
    this.#askedAt = now;
    this.#parts.askPeers();
  }

  /** Why a node that joins does not serve yet. */
  explain(why: string): void {
    this.#apply({ kind: 'explained', why });
  }

  /** A new life, not yet serving. A node that leaves begins none. */
  rejoin(incarnation: number, why: string): void {
    if (this.#state.kind === 'leaving') return;
    this.#incarnation = incarnation;
    this.#become({ kind: 'rejoined', why });
  }

  /**
   * A node that leaves serves no more, whatever was under way.
   *
   * @param confirmedAt when the peers were last asked to take us in
   */
  serve(confirmedAt: number): void {
    this.#lookedAt = this.#parts.clock.monotonic();
    this.#become({ kind: 'served', confirmedAt });
  }

  leave(): void {
    this.#become({ kind: 'left' });
  }

  /** A peer that is sure of itself considers this life alive. @param sentAt when it was asked */
  confirm(incarnation: number, sentAt: number): void {
    if (incarnation !== this.#incarnation) return;
    if (this.#apply({ kind: 'confirmed', sentAt })) this.#signal.changed();
  }

  /**
   * No peer that is left considers this life dead, though none is sure of itself: all of us were out of touch at once,
   * as when a whole machine hall was paused. Together they know, unless one went that may have judged us before.
   *
   * @param sentAt when the first of them was asked
   * @param goneAt monotonic: when the latest that went was found to be gone
   */
  confirmTogether(incarnation: number, sentAt: number, goneAt: number): void {
    if (this.#state.kind !== 'serving' || incarnation !== this.#incarnation) return;
    const { awayAt = Number.NEGATIVE_INFINITY, confirmedAt } = this.#state;
    if (sentAt < awayAt || sentAt <= confirmedAt) return;
    if (this.#state.awayAt !== undefined && goneAt > confirmedAt) {
      this.lose('was stopped, so were all peers that are left, and one went meanwhile');
    } else this.confirm(incarnation, sentAt);
  }

  /** Told at each look of the failure detector: the process was stopped for this long, just now. */
  wasStopped(forMs: number): void {
    this.#lookedAt = this.#parts.clock.monotonic();
    if (this.#state.kind !== 'serving' || forMs < this.#parts.fenceAfterMs || !this.#parts.hasPeers()) return;
    this.#apply({ kind: 'stopped', at: this.#parts.clock.monotonic() });
    // What was asked before that proves nothing.
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  /** All peers are gone by our own judgement. Where we had been away, they may have judged us first. */
  peersGone(): void {
    // A process that goes on comes to what its sockets hold before it comes to its timers: the look is still due.
    const hasLooked = this.#parts.clock.monotonic() - this.#lookedAt < this.#parts.fenceAfterMs;
    const wasAway = this.#state.kind === 'serving' && (this.#state.awayAt !== undefined || !hasLooked);
    if (wasAway) this.lose('was stopped, and no peer is left to ask');
    this.#signal.changed();
  }

  /** This life was declared dead. */
  lose(why: string): void {
    if (this.#become({ kind: 'lost', why })) this.#parts.onLost(why);
  }

  /** Whether anything changed, which the log then says. */
  #become(event: TenureEvent): boolean {
    const from = this.#state.kind;
    if (!this.#apply(event)) return false;
    this.#parts.log.info(
      { from, to: this.#state.kind, incarnation: this.#incarnation, why: this.why },
      `own letter: ${from} -> ${this.#state.kind}, because ${this.why}`,
    );
    this.#signal.changed();
    return true;
  }

  #apply(event: TenureEvent): boolean {
    const before = this.#state;
    this.#state = transition(before, event);
    return this.#state !== before;
  }
}
