/**
 * What this node holds a peer to be, as a pure table.
 *
 *              answered ×2                     convicted
 *     suspect ────────────► alive ─┐  suspect ───────────► dead
 *        ▲ ◄────────────────┘      │                        │
 *        │      doubted, paused    │ goodbye          held  │
 *        │                         ▼                        ▼      released
 *        └── unheld ──────────── left ──────held──────► returning ──────────► alive (a newer life)
 *
 * A life is an incarnation; 0 stands for a peer that we have never met.
 */
export type MemberState =
  | { readonly kind: 'alive'; readonly incarnation: number }
  /** Our own route to it is in doubt. Back to alive takes several answers in a row (hysteresis). */
  | {
      readonly kind: 'suspect';
      readonly incarnation: number;
      readonly answers: number;
      /** Monotonic: until then it is restarting on purpose and is not accused. */
      readonly pausedUntil: number;
    }
  | { readonly kind: 'dead'; readonly incarnation: number }
  | { readonly kind: 'left'; readonly incarnation: number }
  /** Its next life has taken over its estate up to the last step: requests for its letter are held. */
  | {
      readonly kind: 'returning';
      readonly incarnation: number;
      readonly former: Exclude<MemberState, { kind: 'returning' }>;
    };

export type MemberEvent =
  /** A serving life answered us; `mayReturn`: it may replace a dead one without having asked us (we are joining). */
  | { readonly kind: 'answered'; readonly incarnation: number; readonly mayReturn: boolean }
  | { readonly kind: 'doubted' }
  | { readonly kind: 'paused'; readonly incarnation: number; readonly until: number }
  | { readonly kind: 'convicted'; readonly incarnation: number }
  | { readonly kind: 'goodbye'; readonly incarnation: number }
  | { readonly kind: 'held'; readonly incarnation: number }
  | { readonly kind: 'unheld' }
  | { readonly kind: 'released'; readonly incarnation: number };

type StateOf<S extends MemberState['kind']> = Extract<MemberState, { kind: S }>;
type EventOf<E extends MemberEvent['kind']> = Extract<MemberEvent, { kind: E }>;
type Table = {
  [S in MemberState['kind']]: {
    [E in MemberEvent['kind']]: (state: StateOf<S>, event: EventOf<E>) => MemberState;
  };
};

/** Answers in a row that make a suspect alive again. */
export const ANSWERS_TO_TRUST = 2;

/** A peer that we have not met in this process: its first answer is enough. `incarnation` is remembered, or 0. */
export function unmet(incarnation: number): MemberState {
  return { kind: 'suspect', incarnation, answers: ANSWERS_TO_TRUST - 1, pausedUntil: 0 };
}

const stay = (state: MemberState): MemberState => state;

const hold = (former: StateOf<'alive' | 'suspect' | 'dead' | 'left'>, event: EventOf<'held'>): MemberState =>
  event.incarnation > former.incarnation ? { kind: 'returning', incarnation: event.incarnation, former } : former;

/** A later life that serves makes the dead one history, but only where nobody has to ask us for an estate. */
const returned = (state: StateOf<'dead' | 'left'>, event: EventOf<'answered'>): MemberState =>
  event.mayReturn && event.incarnation > state.incarnation ? { kind: 'alive', incarnation: event.incarnation } : state;

const TABLE: Table = {
  alive: {
    // A peer that counted us dead while it rejoined has a newer life than we know.
    answered: (state, event) =>
      event.incarnation > state.incarnation ? { kind: 'alive', incarnation: event.incarnation } : state,
    doubted: (state) => ({ kind: 'suspect', incarnation: state.incarnation, answers: 0, pausedUntil: 0 }),
    paused: (state, event) =>
      event.incarnation === state.incarnation
        ? { kind: 'suspect', incarnation: state.incarnation, answers: 0, pausedUntil: event.until }
        : state,
    convicted: (state, event) =>
      event.incarnation >= state.incarnation ? { kind: 'dead', incarnation: event.incarnation } : state,
    goodbye: (state, event) =>
      event.incarnation >= state.incarnation ? { kind: 'left', incarnation: event.incarnation } : state,
    held: hold,
    unheld: stay,
    released: stay,
  },
  suspect: {
    answered(state, event) {
      if (event.incarnation < state.incarnation) return state;
      if (state.answers + 1 >= ANSWERS_TO_TRUST) return { kind: 'alive', incarnation: event.incarnation };
      return { ...state, incarnation: event.incarnation, answers: state.answers + 1 };
    },
    doubted: (state) => (state.answers === 0 ? state : { ...state, answers: 0 }),
    paused: (state, event) =>
      event.incarnation === state.incarnation ? { ...state, answers: 0, pausedUntil: event.until } : state,
    convicted: (state, event) =>
      event.incarnation >= state.incarnation ? { kind: 'dead', incarnation: event.incarnation } : state,
    goodbye: (state, event) =>
      event.incarnation >= state.incarnation ? { kind: 'left', incarnation: event.incarnation } : state,
    held: hold,
    unheld: stay,
    released: stay,
  },
  dead: {
    answered: returned,
    doubted: stay,
    paused: stay,
    convicted: (state, event) =>
      event.incarnation > state.incarnation ? { kind: 'dead', incarnation: event.incarnation } : state,
    goodbye: stay,
    held: hold,
    unheld: stay,
    released: stay,
  },
  left: {
    answered: returned,
    doubted: stay,
    paused: stay,
    // A later life of it, of which we have not heard otherwise.
    convicted: (state, event) =>
      event.incarnation > state.incarnation ? { kind: 'dead', incarnation: event.incarnation } : state,
    goodbye: stay,
    held: hold,
    unheld: stay,
    released: stay,
  },
  returning: {
    // It took its last step without us, who were considered dead, and we come after.
    answered: (state, event) =>
      event.mayReturn && event.incarnation >= state.incarnation
        ? { kind: 'alive', incarnation: event.incarnation }
        : state,
    doubted: stay,
    paused: stay,
    convicted: stay,
    goodbye: (state, event) =>
      event.incarnation >= state.incarnation ? { kind: 'left', incarnation: event.incarnation } : state,
    // A call that was under way for long, of a life that has given up, holds nothing.
    held: (state, event) => (event.incarnation < state.incarnation ? state : hold(state.former, event)),
    // Its next life went silent between the last steps: back to what it was, but a living one has to prove itself.
    unheld: ({ former }) =>
      former.kind === 'alive'
        ? { kind: 'suspect', incarnation: former.incarnation, answers: 0, pausedUntil: 0 }
        : former,
    released: (state, event) =>
      event.incarnation === state.incarnation ? { kind: 'alive', incarnation: event.incarnation } : state,
  },
};

/** The next state; the same object where nothing changes. */
export function transition(state: MemberState, event: MemberEvent): MemberState {
  const cell = TABLE[state.kind][event.kind] as (state: MemberState, event: MemberEvent) => MemberState;
  return cell(state, event);
}
