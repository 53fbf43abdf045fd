/**
 * Where a client's connection is.
 *
 * `open`: requests are taken; `finishing`: no more are, but those that were are still answered; `lingering`: all has been
 * said, and the client gets to read it before the connection goes; `closed`.
 */
export type ConnectionPhase = 'open' | 'finishing' | 'lingering' | 'closed';
/** The client's last request was taken, by its own wish or ours; the last reply has left; the socket is gone. */
export type ConnectionEvent = 'last-request' | 'last-reply' | 'gone';

const NEXT: Record<ConnectionPhase, Record<ConnectionEvent, ConnectionPhase>> = {
  open: { 'last-request': 'finishing', 'last-reply': 'open', gone: 'closed' },
  finishing: { 'last-request': 'finishing', 'last-reply': 'lingering', gone: 'closed' },
  lingering: { 'last-request': 'lingering', 'last-reply': 'lingering', gone: 'closed' },
  closed: { 'last-request': 'closed', 'last-reply': 'closed', gone: 'closed' },
};

export function transition(phase: ConnectionPhase, event: ConnectionEvent): ConnectionPhase {
  return NEXT[phase][event];
}
