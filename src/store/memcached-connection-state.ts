/**
 * One socket's life, from the first request that needs it to the last byte that memcached may still act on.
 *
 * held: waits until its predecessor is gone. dialling, proving: the socket connects; a NOOP waits for its answer. ready: takes
 * commands. draining: given up; nothing is sent or believed any more, and memcached works off what it got. closed.
 */
export type ConnectionState = 'held' | 'dialling' | 'proving' | 'ready' | 'draining' | 'closed';

/**
 * released: the predecessor is gone. connected: the socket is. proven: the NOOP was answered. gaveUp: a deadline passed or
 * bytes made no sense. finished: we want no more. ended: the socket closed.
 */
export type ConnectionEvent = 'released' | 'connected' | 'proven' | 'gaveUp' | 'finished' | 'ended';

const TABLE: Record<ConnectionState, Record<ConnectionEvent, ConnectionState>> = {
  held: {
    released: 'dialling',
    connected: 'held',
    proven: 'held',
    gaveUp: 'held',
    finished: 'closed',
    ended: 'held',
  },
  dialling: {
    released: 'dialling',
    connected: 'proving',
    proven: 'dialling',
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
  proving: {
    released: 'proving',
    connected: 'proving',
    proven: 'ready',
    // Memcached got a NOOP at most: there is nothing to wait for.
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
  ready: {
    released: 'ready',
    connected: 'ready',
    proven: 'ready',
    gaveUp: 'draining',
    finished: 'closed',
    ended: 'closed',
  },
  draining: {
    released: 'draining',
    connected: 'draining',
    proven: 'draining',
    gaveUp: 'draining',
    finished: 'closed',
    ended: 'closed',
  },
  closed: {
    released: 'closed',
    connected: 'closed',
    proven: 'closed',
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
};

export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return TABLE[state][event];
}
