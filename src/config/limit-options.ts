import type { OptionRow } from './option-row.ts';
import { integer } from './value-types.ts';

const YEAR_SECONDS = 31_536_000;

/** How much of everything a node takes on: rows of the table of options. */
export const LIMIT_OPTIONS = {
  // Enough to keep a peer busy; what is in flight is in doubt when the link is lost. Fewer: a far peer is not kept busy.
  // More: requests queue up at a slow peer, where their deadlines pass and cost the link with all that is in flight on it.
  'limits.inFlightPerLink': {
    type: integer('requests', 1, 65_536),
    fallback: 256,
    says: 'Requests sent to one peer and not yet answered; more wait for half their time at most',
  },
  // A peer is through within a round trip or two. Fewer: in a crowd it has less time for that. More: a crowd takes more sockets.
  'limits.meshCallers': {
    type: integer('callers', 16, 65_536),
    fallback: 256,
    says: 'Silent callers of the mesh port from addresses of the map, and as many from others; the oldest make room',
  },
  'limits.queuePerSession': {
    type: integer('requests', 1, 65_536),
    fallback: 64,
    says: 'Requests, and waiters for the lock, that may queue for one session; more are refused at once',
  },
  'limits.ledgerEntries': {
    type: integer('sessions', 1, 10_000_000),
    fallback: 100_000,
    says: 'Orphans of a dead node on record, of ids minted and of others; with more, that node resets all of the kind',
  },
  'limits.shelfMegabytes': {
    type: integer('MiB', 1, 1_048_576),
    fallback: 64,
    says: 'Memory for sessions that a stand-in keeps for dead nodes',
  },
  'limits.recalledSessions': {
    type: integer('sessions', 1, 10_000_000),
    fallback: 50_000,
    says: 'Sessions whose last write a node recalls, to refuse an older copy and to tell why one is gone',
  },
  'limits.clients': {
    type: integer('connections', 1, 1_000_000),
    fallback: 10_000,
    says: 'Connections of memcached clients; more are closed as they come',
  },
  'limits.httpClients': {
    type: integer('connections', 1, 1_000_000),
    fallback: 10_000,
    says: 'Connections of HTTP clients; more are answered only where they ask for /healthz, /readyz or /metrics',
  },
  'limits.clientRequests': {
    type: integer('requests', 1, 65_536),
    fallback: 64,
    says: 'Requests of one memcached connection that are carried out at the same time; it is not read any further then',
  },
  // PHP needs two at a time, one while it renews an id.
  'limits.clientLocks': {
    type: integer('locks', 1, 65_536),
    fallback: 64,
    says: 'Locks that one memcached connection may hold or ask for at the same time; more are refused',
  },
  'limits.locks': {
    type: integer('locks', 1, 10_000_000),
    fallback: 20_000,
    says: 'Locks that all memcached connections of this node may hold or ask for at the same time; more are refused',
  },
  'limits.clientBytes': {
    type: integer('bytes', 65_536, 1_073_741_824),
    fallback: 1_048_576,
    says: 'Replies that wait for one memcached client to read them; no more of its requests are begun then',
  },
  'limits.clientMegabytes': {
    type: integer('MiB', 1, 1_048_576),
    fallback: 256,
    says: 'Requests held for clients of both doors, and replies of memcached; beyond that the client that holds most is cut off',
  },
  'limits.clientIdleSeconds': {
    type: integer('seconds', 0, YEAR_SECONDS),
    fallback: 0,
    says: 'Time after which a memcached connection without a request is closed; 0: never, as clients expect of memcached',
  },
  // Longer than any pause on a network that works.
  'limits.clientStallSeconds': {
    type: integer('seconds', 1, 86_400),
    fallback: 30,
    says: 'Time after which a memcached client is cut off that has sent half a request, or reads none of its replies',
  },
} as const satisfies Record<string, OptionRow>;
