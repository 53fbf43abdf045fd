import type { Letter, LetterMap, MeshAddress } from '../session/letter.ts';

/** Where a door listens, or an external store is reached. */
export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Everything a daemon is told, parsed and checked once, frozen, and passed down. */
export interface Config {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly mesh: MeshConfig;
  readonly doors: DoorsConfig;
  readonly session: SessionConfig;
  readonly store: StoreConfig;
  readonly timings: TimingsConfig;
  readonly limits: LimitsConfig;
  readonly log: { readonly level: LogLevel };
  /** Holds this node's Memcached socket and what a next daemon needs to adopt it. Mode 0700. */
  readonly runtimeDirectory: string;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface MeshConfig {
  /** Where the mesh port listens: this node's own address in the map unless told otherwise. */
  readonly listen: MeshAddress;
  readonly security: { readonly kind: 'psk'; readonly secret: Buffer } | { readonly kind: 'plain' };
}

export interface DoorsConfig {
  readonly http: readonly SocketAddress[];
  /** Demanded as a bearer token from every HTTP client when present. */
  readonly token?: string;
  /** None: the memcached door is shut. */
  readonly memcached: readonly SocketAddress[];
  /** Who may come in through the memcached door; none: anybody, which only loopback and unix sockets may have. */
  readonly credentials: readonly Credential[];
  /** Of the unix sockets among them. */
  readonly socketAccess: SocketAccess;
  readonly allowFlush: boolean;
  readonly steering: boolean;
  /** What memcached clients put before a session id, and before the id of a session whose lock they ask for. */
  readonly keyPrefixes: readonly string[];
  /** Those of `keyPrefixes` whose sessions are in a database as well. */
  readonly cachePrefixes: readonly string[];
  readonly lockPrefixes: readonly string[];
  /** How long a memcached client queues for a lock. */
  readonly lockWaitMs: number;
}

/** Who may connect to a unix socket. */
export interface SocketAccess {
  readonly mode: number;
  /** Its number; without, the daemon's own. */
  readonly group?: number;
}

export interface Credential {
  readonly user: string;
  readonly password: string;
}

export interface SessionConfig {
  /** Life of a session without an own TTL, or with TTL 0. */
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly maxBytes: number;
  /** How long a destroyed id is kept from coming back (S5): longer than the longest request. */
  readonly tombstoneSeconds: number;
  readonly rotateGraceSeconds: number;
  /** Longest hold of a session's lock. */
  readonly lockSeconds: number;
}

export interface StoreConfig {
  readonly kind: 'memcached' | 'memory';
  readonly megabytes: number;
  /** Of a Memcached's records, kept at hand in the daemon; 0: none. */
  readonly cacheMegabytes: number;
  /** An external Memcached that we do not start or stop. */
  readonly address?: SocketAddress;
  /** The memcached program that we start. */
  readonly program: string;
  /** How long that one may answer nothing before it is replaced. */
  readonly silentSeconds: number;
}

/** Each with its formula and its cost in `config/options.ts`. */
export interface TimingsConfig {
  readonly pingMs: number;
  readonly suspectAfterMs: number;
  readonly deadAfterMs: number;
  readonly operationMs: number;
  readonly hardCapMs: number;
  readonly storeMs: number;
  readonly dialMs: number;
  readonly joinPatienceMs: number;
  readonly pauseMs: number;
}

export interface LimitsConfig {
  readonly inFlightPerLink: number;
  readonly meshCallers: number;
  readonly queuePerSession: number;
  readonly ledgerEntries: number;
  readonly shelfMegabytes: number;
  readonly recalledSessions: number;
  readonly clients: number;
  readonly httpClients: number;
  readonly clientRequests: number;
  readonly clientLocks: number;
  readonly locks: number;
  readonly clientBytes: number;
  readonly clientMegabytes: number;
  /** 0: never. */
  readonly clientIdleSeconds: number;
  readonly clientStallSeconds: number;
}
