import { FAILURE_TEXTS, type FailureCode, type RefusalCode } from '../../session/reply.ts';

export interface ProblemKind {
  readonly status: number;
  readonly means: string;
  /** Goes out as Retry-After where asking again soon makes sense. */
  readonly retryAfterSeconds?: number;
}

/**
 * A refused write to a destroyed session reads as what it is to every other call: SESSION_MISS, reason `destroyed`. This door
 * asks nobody to flush.
 */
type ForeignCode = Exclude<RefusalCode, 'DESTROYED' | 'FLUSH_NOT_ALLOWED'> | FailureCode;

/**
 * Every `code` that this door answers: its HTTP status, and what it means and asks for, which stands in the API's
 * document and in the answer where nothing more exact is known. The codes are the contract; the texts may get better.
 */
export const PROBLEMS = {
  MALFORMED_ID: { status: 400, means: 'the id in the path cannot have been minted by any node' },
  INVALID_REQUEST: { status: 400, means: 'a field, header or query parameter is missing, unknown, or of a wrong form' },
  NOT_JSON_BODY: {
    status: 400,
    means:
      'the body is not JSON text in UTF-8, or has a number that is infinite, or a key `__proto__` or `constructor.prototype`',
  },
  TOO_DEEP: { status: 400, means: 'the JSON body is nested too deeply: make it flatter' },
  BAD_URL: { status: 400, means: 'the URL is not correctly percent-encoded' },
  MALFORMED_HTTP: { status: 400, means: 'what came in is not HTTP/1.1, or has two Host headers' },
  UNAUTHORIZED: { status: 401, means: 'this door demands its token: send `Authorization: Bearer <token>`' },
  CROSS_SITE: {
    status: 403,
    means: 'a page in a browser may not ask a daemon, only an application on its host; send no Origin header',
  },
  SESSION_MISS: { status: 404, means: 'there is no such session; `reason` says what became of it' },
  NO_SUCH_ROUTE: { status: 404, means: 'there is no such URL here; /openapi.json lists them all' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    means: 'this URL does not take this method; the Allow header names those it takes',
  },
  REQUEST_TIMEOUT: { status: 408, means: 'the request did not arrive in time: send it faster' },
  NOT_JSON: {
    status: 409,
    means: 'a merge patch needs a session whose data is a JSON object: PUT the data as a whole',
  },
  LOCK_LOST: {
    status: 409,
    means: 'the lock is not held under this token: it expired or was never granted; another may have written meanwhile',
  },
  VERSION_CONFLICT: {
    status: 412,
    means: 'somebody wrote the session meanwhile, its version is `version`: read it and apply your change to that',
  },
  TOO_LARGE: {
    status: 413,
    means: 'the session would be larger than `session.maxBytes`: keep less in it, or raise that on all nodes',
  },
  TOO_MANY_KEYS: {
    status: 413,
    means:
      'there are too many keys and values in this JSON for one request: keep less in the session, or store it as raw bytes',
  },
  UNACCEPTABLE: {
    status: 400,
    means: 'the owner does not take what this node took: do all daemons have the same version?',
  },
  BODY_TOO_LARGE: { status: 413, means: 'the body is larger than any session can be' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    means: 'this call does not take a body of this type or encoding: send `Content-Type: application/json`',
  },
  WRONG_HOST: {
    status: 421,
    means:
      'the Host header or the URL names another machine: ask for localhost, or set doors.tokenFile to be asked by other names',
  },
  LOCK_TIMEOUT: { status: 423, means: 'another request held the lock for all of `waitMs`: ask again, or wait longer' },
  SESSION_BUSY: { ...soon(429), means: 'too many requests queue for this one session: ask again a little later' },
  HEADERS_TOO_LARGE: { status: 431, means: 'the request line and headers are too large' },
  INTERNAL: {
    status: 500,
    means: 'a fault in maglia, which may or may not have done what was asked; its log says more',
  },
  OVERLOADED: {
    ...soon(503),
    means: 'clients hold more memory than `limits.clientMegabytes`, this one most; nothing was done, ask again',
  },
  TOO_MANY_CONNECTIONS: {
    ...soon(503),
    means: 'this door has as many connections as `limits.httpClients` says; nothing was done, ask again',
  },
  NOT_READY: { ...soon(503), means: 'this node does not answer for its letter now; `why` says why' },
  STORE_UNAVAILABLE: unavailable('STORE_UNAVAILABLE'),
  OWNER_UNREACHABLE: unavailable('OWNER_UNREACHABLE'),
  JOINING: unavailable('JOINING'),
  PEER_BACKPRESSURE: unavailable('PEER_BACKPRESSURE'),
  DEADLINE: unavailable('DEADLINE'),
  STALE_INCARNATION: unavailable('STALE_INCARNATION'),
  OWNER_RETURNED: unavailable('OWNER_RETURNED'),
  CLOSING: unavailable('CLOSING', 'ask another node'),
  IN_DOUBT: {
    status: 504,
    means: 'it may or may not have been done, `cause` says why: read the session before you write again',
  },
} as const satisfies Record<ForeignCode, ProblemKind> & Record<string, ProblemKind>;

function soon<S extends number>(status: S): { status: S; retryAfterSeconds: number } {
  return { status, retryAfterSeconds: 1 };
}

function unavailable(code: FailureCode, advice = 'ask again'): ReturnType<typeof soon<503>> & { means: string } {
  return { ...soon(503), means: `${FAILURE_TEXTS[code]}; nothing was done, ${advice}` };
}

export type ProblemCode = keyof typeof PROBLEMS;

/** What a call that is not done answers: its status by `code`, its body `{code, message, ...details}`. */
export interface Problem {
  readonly code: ProblemCode;
  /** Tells a person what to do next. */
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
