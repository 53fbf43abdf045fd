/** Every metric that the daemon exposes: its kind, its name on `/metrics`, what it means, its labels. */
export const INSTRUMENTS = {
  requests: {
    kind: 'counter',
    name: 'maglia_requests_total',
    help: 'Requests answered, by door (http, memcached, mesh), command and outcome (done, answered, moved, miss, refused, in-doubt, unavailable, error)',
    labels: ['door', 'command', 'outcome'],
  },
  requestSeconds: {
    kind: 'histogram',
    name: 'maglia_request_seconds',
    help: 'Time from dispatch to reply, by door and command',
    labels: ['door', 'command'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  forwards: {
    kind: 'counter',
    name: 'maglia_forwards_total',
    help: 'Requests sent to a peer, by its letter, route (owner, stand-in, relay) and outcome (answered, not-sent, lost)',
    labels: ['peer', 'route', 'outcome'],
  },
  clientConnections: {
    kind: 'gauge',
    name: 'maglia_client_connections',
    help: 'Open connections of clients, by door (http, memcached)',
    labels: ['door'],
  },
  clientsRefused: {
    kind: 'counter',
    name: 'maglia_client_connections_refused_total',
    help: 'Connections that were closed as they came, or after one answer, because there were too many, by door (http, memcached)',
    labels: ['door'],
  },
  clientsCut: {
    kind: 'counter',
    name: 'maglia_client_connections_cut_total',
    help: 'Connections that this node cut off, and for memory at http requests that it refused, by door (http, memcached) and reason (stalled, idle, memory, fault)',
    labels: ['door', 'reason'],
  },
  auth: {
    kind: 'counter',
    name: 'maglia_auth_total',
    help: 'Logins at doors that demand a password or token, by door (http, memcached) and outcome (accepted, refused)',
    labels: ['door', 'outcome'],
  },
  steered: {
    kind: 'counter',
    name: 'maglia_steered_total',
    help: "Adds of a session id with another node's letter that were refused, so that the client draws a local one",
    labels: [],
  },
  ttlDefaulted: {
    kind: 'counter',
    name: 'maglia_ttl_defaulted_total',
    help: 'Memcached commands that asked for a life without end, and got the default one',
    labels: [],
  },
  lockWaitSeconds: {
    kind: 'histogram',
    name: 'maglia_lock_wait_seconds',
    help: 'Time that memcached clients queued for the lock of a session, by outcome (granted, held, failed)',
    labels: ['outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
  lockWaitsRefused: {
    kind: 'counter',
    name: 'maglia_lock_waits_refused_total',
    help: 'Locks that were asked for without queueing, because too many queue over the link to this peer already',
    labels: ['peer'],
  },
  minted: {
    kind: 'counter',
    name: 'maglia_sessions_minted_total',
    help: 'Session ids minted by this node',
    labels: [],
  },
  resets: {
    kind: 'counter',
    name: 'maglia_session_resets_total',
    help: 'Sessions found gone, by reason code; of memcached keys only those whose owner is dead, for a cache misses all day',
    labels: ['reason'],
  },
  orphans: {
    kind: 'counter',
    name: 'maglia_orphans_total',
    help: 'Orphans that this node, standing in for a dead owner, has reset, succeeded by a new id, or kept on its shelf',
    labels: ['owner', 'outcome'],
  },
  memberState: {
    kind: 'gauge',
    name: 'maglia_member_state',
    help: '1 for the state that this node holds each peer to be in (alive, suspect, dead, left, returning), 0 for the others',
    labels: ['peer', 'state'],
  },
  linkState: {
    kind: 'gauge',
    name: 'maglia_link_state',
    help: '1 for the state of the link to each peer (dialling, up, waiting, refused, closed), 0 for the others',
    labels: ['peer', 'state'],
  },
  callersTurnedAway: {
    kind: 'counter',
    name: 'maglia_mesh_callers_turned_away_total',
    help: 'Callers of the mesh port that were sent away, by reason: crowd (others needed the place), silent (did not say who they are), foreign (speak something else), refused (the handshake or greeting failed)',
    labels: ['reason'],
  },
  inFlight: {
    kind: 'gauge',
    name: 'maglia_link_in_flight',
    help: 'Requests sent to a peer and not yet answered',
    labels: ['peer'],
  },
  storeSeconds: {
    kind: 'histogram',
    name: 'maglia_store_seconds',
    help: 'Time that the store took, by operation and outcome (done, unavailable, in-doubt, too-large)',
    labels: ['operation', 'outcome'],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
  },
  storeItems: {
    kind: 'gauge',
    name: 'maglia_store_items',
    help: "Records in this node's store, as it says itself; NaN while it does not say",
    labels: [],
  },
  storeBytes: {
    kind: 'gauge',
    name: 'maglia_store_bytes',
    help: 'What these records take up of maglia_store_limit_bytes',
    labels: [],
  },
  storeLimitBytes: {
    kind: 'gauge',
    name: 'maglia_store_limit_bytes',
    help: 'Memory that the store may use for records; near it, evictions begin',
    labels: [],
  },
  storeEvictions: {
    kind: 'counter',
    name: 'maglia_store_evictions_total',
    help: 'Records that the store dropped for want of memory before their life was over',
    labels: [],
  },
  memoryLost: {
    kind: 'gauge',
    name: 'maglia_memory_lost',
    help: '1 where lives.json cannot be written, so that a restart would forget what peers did, and this node is not ready; else 0',
    labels: [],
  },
  ready: {
    kind: 'gauge',
    name: 'maglia_ready',
    help: '1 where this node answers for its letter, as /readyz says; else 0',
    labels: [],
  },
  ledgerEntries: {
    kind: 'gauge',
    name: 'maglia_ledger_entries',
    help: 'Orphans of each dead owner that this node keeps account of; above limits.ledgerEntries that owner resets all',
    labels: ['owner'],
  },
  storeLosses: {
    kind: 'counter',
    name: 'maglia_store_losses_total',
    help: 'Times that this node lost its store with all sessions in it',
    labels: [],
  },
  logLinesDropped: {
    kind: 'counter',
    name: 'maglia_log_lines_dropped_total',
    help: 'Lines of the log that could not be written, because its disk is full or its reader is stuck',
    labels: [],
  },
  openFilesRefused: {
    kind: 'counter',
    name: 'maglia_open_files_refused_total',
    help: 'Failures because this process or machine has too many files open (EMFILE, ENFILE), by where: mesh (a dial to a peer), store (one to Memcached), lives (lives.json), trial (a file that is opened each second to find out)',
    labels: ['where'],
  },
  loopLateSeconds: {
    kind: 'histogram',
    name: 'maglia_loop_late_seconds',
    help: 'How late the event loop was for the failure detector; a late node counts no silence against its peers',
    labels: [],
    buckets: [0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3],
  },
} as const satisfies Record<string, Instrument>;

export interface Instrument {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

export type InstrumentName = keyof typeof INSTRUMENTS;
