/*
 * The longest durations that a peer may name. A longer one is cut to that where it is read: no timer can wait for more than 2^31-1
 * ms, and fires at once instead.
 */

/** For what is waited for: budgets, queues for locks, pauses. Options allow for two minutes. */
export const LONGEST_WAIT_MS = 600_000;

/** For what is kept in mind: holds of locks, destroyed ids, how long ago a peer was heard. Options allow for as much. */
export const LONGEST_SPAN_MS = 86_400_000;

/** For lives of sessions, for which nobody sets a timer: a hundred years. Options allow for ten. */
export const LONGEST_LIFE_MS = 100 * 31_536_000_000;
