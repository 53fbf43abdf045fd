/**
 * Whether this node may answer for its letter, as a pure table.
 *
 *     joining ──served──► serving ──left──► leaving
 *        ▲                  │
 *        └──lost────────────┘   (declared dead, or stopped for so long that it cannot know)
 */
export type TenureState =
  | { readonly kind: 'joining'; readonly why: string }
  | {
      readonly kind: 'serving';
      /** Monotonic: when the ping was sent that a peer answered with "alive". */
      readonly confirmedAt: number;
      /** Monotonic: when we found that we had been stopped for longer than the fence. Only a later ping makes good. */
      readonly awayAt?: number;
    }
  | { readonly kind: 'leaving' };

export type TenureEvent =
  /** Why it does not serve yet. */
  | { readonly kind: 'explained'; readonly why: string }
  /** A new life begins, which does not serve yet. */
  | { readonly kind: 'rejoined'; readonly why: string }
  /** All peers have taken it in; they were asked at `confirmedAt`. */
  | { readonly kind: 'served'; readonly confirmedAt: number }
  /** A peer considers this life alive; it was asked at `sentAt`. */
  | { readonly kind: 'confirmed'; readonly sentAt: number }
  /** The process was stopped for longer than the fence, until `at`. */
  | { readonly kind: 'stopped'; readonly at: number }
  /** This life was declared dead, or may have been. */
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'left' };

type StateOf<S extends TenureState['kind']> = Extract<TenureState, { kind: S }>;
type EventOf<E extends TenureEvent['kind']> = Extract<TenureEvent, { kind: E }>;
type Table = {
  [S in TenureState['kind']]: {
    [E in TenureEvent['kind']]: (state: StateOf<S>, event: EventOf<E>) => TenureState;
  };
};

const stay = (state: TenureState): TenureState => state;
const join = (_: TenureState, { why }: { readonly why: string }): TenureState => ({ kind: 'joining', why });
const serve = (_: TenureState, { confirmedAt }: EventOf<'served'>): TenureState => ({ kind: 'serving', confirmedAt });
const leave = (): TenureState => ({ kind: 'leaving' });

function confirm(state: StateOf<'serving'>, { sentAt }: EventOf<'confirmed'>): TenureState {
  if (sentAt <= state.confirmedAt) return state;
  const isStillAway = state.awayAt !== undefined && sentAt < state.awayAt;
  return isStillAway ? { ...state, confirmedAt: sentAt } : { kind: 'serving', confirmedAt: sentAt };
}

const TABLE: Table = {
  joining: {
    explained: join,
    rejoined: join,
    served: serve,
    confirmed: stay,
    stopped: stay,
    lost: stay,
    left: leave,
  },
  serving: {
    explained: stay,
    rejoined: join,
    served: serve,
    confirmed: confirm,
    stopped: (state, { at }) => ({ ...state, awayAt: at }),
    lost: join,
    left: leave,
  },
  // A node that leaves serves no more, whatever was under way.
  leaving: {
    explained: stay,
    rejoined: stay,
    served: stay,
    confirmed: stay,
    stopped: stay,
    lost: stay,
    left: stay,
  },
};

/** The state after an event; the same object where nothing changes. */
export function transition(state: TenureState, event: TenureEvent): TenureState {
  // The table has a function for each pair, which the types cannot follow through two lookups.
  const next = TABLE[state.kind][event.kind] as (state: TenureState, event: TenureEvent) => TenureState;
  return next(state, event);
}
