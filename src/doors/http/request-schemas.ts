import { MAX_GRACE_SECONDS } from '../../session/command.ts';
import { anything, integer, object, optional, string } from './schema.ts';

const STRICT = { additionalProperties: false } as const;

/** The longest wait for a lock: clients and balancers give a request up at about this time. */
const MAX_LOCK_WAIT_MS = 30_000;

const MAX_LOCK_TOKEN_LENGTH = 200;

const TTL_SECONDS = optional(
  integer({
    minimum: 0,
    description: 'Life if nobody touches it, at most `session.maxTtlSeconds`. 0: the default, `session.ttlSeconds`',
  }),
);

const DATA = anything({
  description: 'Any JSON value. Numbers are kept as JavaScript reads them; `/data` keeps every byte as it is',
});

/** No call takes query parameters; one that is sent was meant to do something. */
export const NO_QUERY = object({}, STRICT);

/** Its form is checked before, so that a malformed one has its own code. */
export const ID_PARAMS = object({
  id: string({ description: "A session's id: the letter of its node and 26 characters of `[0-9a-z]`" }),
});

const IF_MATCH = optional(
  string({ description: 'Carry this out only if the session has this version: one ETag as answered, or `*`' }),
);

export const IF_MATCH_HEADER = object({ 'If-Match': IF_MATCH });

export const IF_NONE_MATCH_HEADER = object({
  'If-None-Match': optional(string({ description: 'Answer 304 without data if the session still has this version' })),
});

/** For calls whose body can be nothing but the data. */
export const WRITE_HEADERS = object({
  'If-Match': IF_MATCH,
  'Maglia-Ttl-Seconds': optional(string({ description: '`ttlSeconds` of the JSON calls' })),
});

export const MINT_BODY = object({ data: optional(DATA), ttlSeconds: TTL_SECONDS }, STRICT);

export const OPEN_BODY = object(
  {
    id: optional(
      string({
        description:
          "What the visitor's cookie says, as it came. Anything may stand here; what no node can have minted is answered `regenerated`, reason `malformed`",
      }),
    ),
    ttlSeconds: TTL_SECONDS,
    lock: optional(
      object(
        { waitMs: integer({ minimum: 0, maximum: MAX_LOCK_WAIT_MS, description: 'How long to queue for it' }) },
        { ...STRICT, description: "Take the session's lock as well" },
      ),
    ),
  },
  STRICT,
);

export const PUT_BODY = object({ data: DATA, ttlSeconds: TTL_SECONDS }, STRICT);

export const MERGE_PATCH = object(
  {},
  { additionalProperties: true, description: 'A JSON merge patch (RFC 7396): null removes a key. Always an object' },
);

export const PATCH_BODY = object({ data: MERGE_PATCH, ttlSeconds: TTL_SECONDS }, STRICT);

export const TOUCH_BODY = object({ ttlSeconds: TTL_SECONDS }, STRICT);

export const ROTATE_BODY = object(
  {
    graceSeconds: optional(
      integer({
        minimum: 0,
        maximum: MAX_GRACE_SECONDS,
        description:
          'How long the old id can still be read, never written. The default is `session.rotateGraceSeconds`',
      }),
    ),
  },
  STRICT,
);

export const UNLOCK_BODY = object(
  { token: string({ minLength: 1, maxLength: MAX_LOCK_TOKEN_LENGTH, description: 'As `open` answered it' }) },
  STRICT,
);
