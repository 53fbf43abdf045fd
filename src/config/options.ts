import { MAX_GRACE_SECONDS, MAX_LIFE_SECONDS } from '../session/command.ts';
import { keyPrefixes, integer, letter, line, oneOf, path, truth } from './value-types.ts';
import { letterMap } from './letters.ts';
import { LIMIT_OPTIONS } from './limit-options.ts';
import { meshAddress, socketAddress, socketAddresses, socketGroup, socketMode } from './socket-addresses.ts';
import type { OptionRow, ValueType } from './option-row.ts';

const YEAR_SECONDS = 31_536_000;

/** Above this no client waits, and a mistake in the unit (seconds for milliseconds) is likelier than a wish. */
const MINUTE_MS = 60_000;

/**
 * Every option that there is, by its path in the file. To add one, add a row: file, variable, flag, help and checks of
 * its own come with it. What two options must agree on is in `agreements.ts`.
 */
export const OPTIONS = {
  config: {
    type: path('file', 'the path of a JSON file'),
    otherwise: 'no file',
    says: 'The configuration file (JSON); variables and flags win over it',
    isInFile: false,
  },
  letters: {
    type: letterMap,
    otherwise: 'none: it must be given',
    says: 'The map of the cluster, letter=host[:port] of its mesh port; the same on every node',
    shortName: 'map',
  },
  letter: {
    type: letter,
    otherwise: 'the letter whose address is one of this machine',
    says: 'The letter of this node',
  },
  secretFile: {
    type: path('file', 'the path of a file'),
    otherwise: 'none: a map of several letters needs it',
    says: 'File with the secret that all nodes share, at least 16 bytes, readable by few and writable by its owner only',
  },
  runtimeDirectory: {
    type: path('folder', 'the path of a folder'),
    otherwise: '/run/maglia-<letter> for root, else $XDG_RUNTIME_DIR/maglia-<letter>, else one in the temporary folder',
    says: "Folder for the socket of this node's Memcached and what the next daemon needs to adopt it",
  },

  'mesh.listen': {
    type: meshAddress,
    otherwise: "this node's own address in the map",
    says: 'Where the mesh port listens, for instance 0.0.0.0:7421 in a container',
  },
  'mesh.plain': {
    type: truth,
    fallback: false,
    says: 'No secret and no encryption between nodes; only where every mesh address is loopback',
  },

  'doors.http': {
    type: socketAddresses,
    fallback: ['127.0.0.1:7420'],
    says: 'Where the HTTP door listens; more than loopback and unix sockets only with a token',
  },
  'doors.tokenFile': {
    type: path('file', 'the path of a file'),
    otherwise: 'no token is asked for',
    says: 'File with the token that HTTP clients must show, at least 16 bytes, readable by few and writable by its owner only',
  },
  // Shut unless asked for. A node needs the memcached program, and Debian's package of it starts one on 127.0.0.1:11211 by
  // itself: a door of ours there by default would keep a fresh installation from starting.
  'doors.memcached': {
    type: socketAddresses,
    otherwise: 'the door is shut',
    says: 'Where the memcached door listens; more than loopback and unix sockets only with usersFile',
  },
  'doors.usersFile': {
    type: path('file', 'the path of a file'),
    otherwise: 'memcached clients are not asked who they are',
    formerPath: 'doors.saslFile',
    says: 'File of lines user:password that every memcached client must know one of, not readable by everybody',
  },
  'doors.socketMode': {
    type: socketMode,
    fallback: '0660',
    says: 'Mode of the unix sockets among doors.http and doors.memcached: who connects must be able to write',
  },
  'doors.socketGroup': {
    type: socketGroup,
    otherwise: "the daemon's own group",
    says: "Group of those sockets, by name or number: the web server's, for instance www-data",
  },
  'doors.allowFlush': {
    type: truth,
    fallback: false,
    says: 'Whether a memcached client may drop every session of every node with flush_all',
  },
  'doors.steering': {
    type: truth,
    fallback: true,
    says: 'Whether a memcached client that adds a session for another node is refused, so that it draws a local id',
  },
  // The usual ones are those of PHP; Express; Django, cache and cached_db; Rack with dalli, which has digests as keys and, in
  // 3.0, the ids themselves; Rails; Symfony. A list of yours replaces all of them.
  'doors.keyPrefixes': {
    type: keyPrefixes,
    fallback: [
      'memc.sess.key.',
      'sess:',
      ':1:django.contrib.sessions.cache',
      ':1:django.contrib.sessions.cached_db',
      'rack:session:2::',
      'rack:session:',
      '_session_id:2::',
      'sf2s',
    ],
    says: 'What memcached clients put before a session id to make a key; the same on every node',
  },
  'doors.lockPrefixes': {
    type: keyPrefixes,
    fallback: ['memc.sess.key.lock.'],
    says: 'What memcached clients put before a session id to make the key of its lock; the same on every node',
  },
  // A value that is too large takes the old one away there: a cache must not be older than its database. The usual one is
  // Django's cached_db.
  'doors.cachePrefixes': {
    type: keyPrefixes,
    fallback: [':1:django.contrib.sessions.cached_db'],
    says: 'Those of doors.keyPrefixes whose sessions are in a database as well; the same on every node',
  },
  // PHP's client, libmemcached, waits 5 s for an answer. PHP asks six times, 150 ms apart. With this default a page queues for
  // 5 s in all, and gives up only where somebody really holds the lock.
  'doors.lockWaitMs': {
    type: integer('ms', 0, MINUTE_MS),
    fallback: 700,
    says: 'How long a memcached client queues for a lock before it is told that the lock is held',
  },

  'session.ttlSeconds': {
    type: integer('seconds', 1, YEAR_SECONDS),
    fallback: 1440,
    says: 'Life of a session after its last use, where the client names none or 0',
  },
  'session.maxTtlSeconds': {
    type: integer('seconds', 1, MAX_LIFE_SECONDS),
    fallback: YEAR_SECONDS,
    says: 'Longest life that a client may ask for',
  },
  'session.maxBytes': {
    type: integer('bytes', 1, 67_108_864),
    fallback: 1_048_576,
    says: 'Largest session; give every node the same',
  },
  'session.tombstoneSeconds': {
    type: integer('seconds', 1, 86_400),
    fallback: 60,
    says: 'How long a destroyed id is kept from coming back; longer than the longest web request',
  },
  'session.rotateGraceSeconds': {
    type: integer('seconds', 0, MAX_GRACE_SECONDS),
    fallback: 5,
    says: 'How long the old id can still be read after a rotate',
  },
  'session.lockSeconds': {
    type: integer('seconds', 1, 3600),
    fallback: 30,
    says: "Longest hold of a session's lock",
  },

  'store.kind': {
    type: oneOf('memcached', 'memory'),
    fallback: 'memcached',
    says: 'Where sessions are kept: a Memcached of our own, or the memory of the daemon (lost with it)',
  },
  'store.megabytes': {
    // Less than 2 cannot hold what Memcached sets apart before the first item.
    type: integer('MiB', 2, 1_048_576),
    fallback: 64,
    says: 'Memory for sessions on this node',
  },
  'store.cacheMegabytes': {
    type: integer('MiB', 0, 1_048_576),
    fallback: 32,
    says: 'Memory of the daemon for the sessions used last, so that a Memcached need not be asked for them; 0: none',
  },
  'store.address': {
    type: socketAddress,
    otherwise: 'a Memcached is started and looked after',
    says: 'A Memcached to use that somebody else starts and stops, and that nobody else uses',
  },
  'store.program': {
    type: line('program', 'the name or path of the memcached program'),
    fallback: 'memcached',
    says: 'The memcached program to start',
  },
  // A host that swaps, a debugger or a paused container makes a Memcached silent for a while, after which it still has every
  // session. Nothing is served from it meanwhile, whether it is killed or not. Shorter: one such moment drops all sessions.
  // Longer: a Memcached that hangs for good keeps its node from serving for that long.
  'store.silentSeconds': {
    type: integer('seconds', 3, 3600),
    fallback: 30,
    says: 'How long the Memcached that was started may answer nothing before it is replaced, which drops its sessions',
  },

  // For N nodes: each sends N-1 pings, and answers as many, every pingMs. With 50 that is 40 a second on each of 3 nodes
  // (nothing) and 1220 a second on each of 62 (a few percent of a core). Every other time here is counted in pings.
  'timings.pingMs': {
    type: integer('ms', 1, MINUTE_MS),
    fallback: 50,
    says: 'Time from one ping of a peer to the next',
  },
  // At least 2 * pingMs, or one late ping is already an accusation; the default is 3. Shorter: a pause for garbage
  // collection makes requests wait for a verdict. Longer: requests to a frozen owner start later to wait for it.
  'timings.suspectAfterMs': {
    type: integer('ms', 2, MINUTE_MS),
    fallback: 150,
    says: 'Silence of a peer after which it is suspect, and requests to it wait for a verdict',
  },
  // More than suspectAfterMs; and deadAfterMs + 2 * pingMs <= hardCapMs. Those are the silence, one ping until it is noticed,
  // and one for asking the other nodes: a request that met a frozen owner then gets the verdict within its cap.
  // Shorter: a host that stalls that long loses the sessions that are used meanwhile. Longer: those wait, and fail.
  'timings.deadAfterMs': {
    type: integer('ms', 3, MINUTE_MS),
    fallback: 400,
    says: 'Silence of a peer after which it is dead, if no other node still sees it',
  },
  // At most hardCapMs. The stock clients give up at 750 ms, so that two operations of one web request fit before that.
  // Shorter: a busy node refuses more. Longer: a slow node holds up more of its callers.
  'timings.operationMs': {
    type: integer('ms', 1, MINUTE_MS),
    fallback: 250,
    says: 'Deadline of one operation, forwarding included',
  },
  // Below the 750 ms at which the stock clients give up, with some time left for the way to them. Shorter: the verdict on a
  // frozen owner has to come sooner (deadAfterMs). Longer: the web server's workers wait.
  'timings.hardCapMs': {
    type: integer('ms', 1, MINUTE_MS),
    fallback: 500,
    says: 'Deadline of an operation that waits for the verdict on a suspect owner',
  },
  // At most operationMs, so that the caller hears about it in time. A missed one costs the connection to the store, with
  // everything in flight on it: it is never used again, since a late answer could be taken for another's (S0).
  'timings.storeMs': {
    type: integer('ms', 1, MINUTE_MS),
    fallback: 100,
    says: 'Deadline of one operation of the store',
  },
  // A round trip for TCP, one for TLS, one for the greeting. No request waits for it: links are dialled ahead. Shorter:
  // far nodes never connect. Longer: a black hole is tried less often.
  'timings.dialMs': {
    type: integer('ms', 1, MINUTE_MS),
    fallback: 500,
    says: 'Deadline for a link to a peer to stand, greeting included',
  },
  // At least dialMs, or no peer can be asked. Shorter: a node that starts along with a slow peer resets what it kept.
  // Longer: with a peer that is down, a start takes that long.
  'timings.joinPatienceMs': {
    type: integer('ms', 1, 10 * MINUTE_MS),
    fallback: 5000,
    says: 'How long a node that starts tries to ask a peer what was done on its behalf, before it goes on without',
  },
  // The time from the end of one daemon to the first ping of the next: a start of Node.js, twice over. Shorter: a slow
  // restart is taken for a death. Longer: if the next daemon does not come up, its sessions hang that much longer.
  'timings.pauseMs': {
    type: integer('ms', 0, MINUTE_MS),
    fallback: 3000,
    says: 'How long the peers wait for a node that said it restarts, before they may declare it dead',
  },

  ...LIMIT_OPTIONS,

  'log.level': {
    type: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    fallback: 'info',
    says: 'The least serious log line that is written',
  },
} as const satisfies Record<string, OptionRow>;

export type OptionPath = keyof typeof OPTIONS;

type ValueAt<P extends OptionPath> = (typeof OPTIONS)[P]['type'] extends ValueType<infer T> ? T : never;

type PathWithFallback = {
  [P in OptionPath]: (typeof OPTIONS)[P] extends { readonly fallback: unknown } ? P : never;
}[OptionPath];

/** The options' values by path. What has no fallback may be absent. */
export type OptionValues = { readonly [P in PathWithFallback]: ValueAt<P> } & {
  readonly [P in Exclude<OptionPath, PathWithFallback>]?: ValueAt<P>;
};

export const OPTION_PATHS: readonly OptionPath[] = Object.keys(OPTIONS).filter(isOptionPath);

export function isOptionPath(text: string): text is OptionPath {
  return Object.hasOwn(OPTIONS, text);
}
