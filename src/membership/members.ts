import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import { ChangeSignal } from './change-signal.ts';
import { transition, unmet, type MemberEvent, type MemberState } from './member-state.ts';

export interface MembersParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  /** The life last known of each peer, from before this process; 0 where none is. */
  readonly remembered: (letter: Letter) => number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'set'>;
  /** Called on each change, before anybody else acts on it. */
  readonly onChange: (letter: Letter, from: MemberState, to: MemberState) => void;
}

interface Member {
  state: MemberState;
  why: string;
  since: number;
}

const STATE_LABELS = ['alive', 'suspect', 'dead', 'left', 'returning'] as const;

/** What this node holds each of its peers to be. The one place where that changes, each change logged with its why. */
export class Members {
  readonly letters: readonly Letter[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #metrics: Pick<Metrics, 'set'>;
  readonly #onChange: MembersParts['onChange'];
  readonly #members: ReadonlyMap<Letter, Member>;
  readonly #signal: ChangeSignal;

  constructor(parts: MembersParts) {
    this.letters = parts.map.lettersAfter(parts.letter);
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#onChange = parts.onChange;
    this.#signal = new ChangeSignal(parts.clock);
    const since = parts.clock.monotonic();
    this.#members = new Map(
      this.letters.map((letter) => [letter, { state: unmet(parts.remembered(letter)), why: 'not met yet', since }]),
    );
    for (const letter of this.letters) this.#publish(letter, 'suspect');
  }

  /** @throws RangeError for a letter that is no peer's: self is never a peer. */
  stateOf(letter: Letter): MemberState {
    return this.#member(letter).state;
  }

  /** What an operator sees of it. */
  view(letter: Letter): { readonly state: MemberState; readonly why: string; readonly sinceMs: number } {
    const { state, why, since } = this.#member(letter);
    return { state, why, sinceMs: Math.round(this.#clock.monotonic() - since) };
  }

  /** Applies an event; true where it changed something. */
  apply(letter: Letter, event: MemberEvent, why: string): boolean {
    const member = this.#member(letter);
    const from = member.state;
    const to = transition(from, event);
    if (to === from) return false;
    member.state = to;
    if (to.kind !== from.kind || to.incarnation !== from.incarnation) {
      member.why = why;
      member.since = this.#clock.monotonic();
      const level = to.kind === 'alive' || to.kind === 'returning' ? 'info' : 'warn';
      this.#log[level](
        { peer: letter, from: from.kind, to: to.kind, incarnation: to.incarnation, why },
        `peer ${letter}: ${from.kind} -> ${to.kind}, because ${why}`,
      );
      this.#publish(letter, to.kind);
      this.#onChange(letter, from, to);
    }
    this.#signal.changed();
    return true;
  }

  /**
   * Peers whose word counts: neither dead nor left. One that comes back from the dead has no say before we release it,
   * and cannot have judged us either.
   */
  present(): Letter[] {
    return this.letters.filter((letter) => {
      const state = this.stateOf(letter);
      return !isGone(state.kind === 'returning' ? state.former : state);
    });
  }

  /** Whether any peer restarts on purpose and asked for patience. */
  isAnyPaused(): boolean {
    const now = this.#clock.monotonic();
    return this.letters.some((letter) => {
      const state = this.stateOf(letter);
      return state.kind === 'suspect' && now < state.pausedUntil;
    });
  }

  /** Resolves to true when any member changes, to false at the deadline (monotonic). */
  change(deadlineAt: number): Promise<boolean> {
    return this.#signal.wait(deadlineAt);
  }

  #member(letter: Letter): Member {
    const member = this.#members.get(letter);
    if (member === undefined) throw new RangeError(`${letter} is not a peer of this node`);
    return member;
  }

  #publish(letter: Letter, kind: MemberState['kind']): void {
    for (const state of STATE_LABELS) this.#metrics.set('memberState', { peer: letter, state }, state === kind ? 1 : 0);
  }
}

/** Declared dead, in a life that we have met. One that did not finish coming back has not died anew. */
export function isDeath(from: MemberState, to: MemberState): boolean {
  return to.kind === 'dead' && to.incarnation > 0 && from.kind !== 'returning';
}

/** Declared dead, or gone with a goodbye: its letter is somebody else's to answer for. */
export function isGone(state: MemberState): boolean {
  return state.kind === 'dead' || state.kind === 'left';
}
