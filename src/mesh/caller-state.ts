/**
 * How far somebody has come who called the mesh port and was not welcomed yet.
 *
 *   silent ──► waiting ──► shaking ──► proven ──► (welcomed) ──► gone        gone, from anywhere
 */
export type CallerState =
  /** Has not sent what a node sends first, or not all of it. */
  | 'silent'
  /** Has sent the hello of TLS that a node sends, and waits for its handshake. */
  | 'waiting'
  | 'shaking'
  /** Knows the secret; its own hello comes next. */
  | 'proven'
  | 'gone';

export type CallerEvent = 'introduced' | 'begun' | 'proved' | 'left';

/** What becomes of each state at each event. The same state again: the event comes too late, and changes nothing. */
export const CALLER_TRANSITIONS: Readonly<Record<CallerState, Readonly<Record<CallerEvent, CallerState>>>> = {
  silent: { introduced: 'waiting', begun: 'silent', proved: 'silent', left: 'gone' },
  waiting: { introduced: 'waiting', begun: 'shaking', proved: 'waiting', left: 'gone' },
  shaking: { introduced: 'shaking', begun: 'shaking', proved: 'proven', left: 'gone' },
  proven: { introduced: 'proven', begun: 'proven', proved: 'proven', left: 'gone' },
  gone: { introduced: 'gone', begun: 'gone', proved: 'gone', left: 'gone' },
};

export function transition(state: CallerState, event: CallerEvent): CallerState {
  return CALLER_TRANSITIONS[state][event];
}
