import { Type } from 'typebox';

const STRICT = { additionalProperties: false } as const;

/** The longest wait for a lock: clients and balancers give a request up at about this time. */
const MAX_LOCK_WAIT_MS = 30_000;

/** Longer than any request that began with the old id. */
const MAX_GRACE_SECONDS = 3600;

const MAX_LOCK_TOKEN_LENGTH = 200;

const TTL_SECONDS = Type.Optional(
  Type.Integer({
    minimum: 0,
    description: 'Life if nobody touches it, at most `session.maxTtlSeconds`. 0: the default, `session.ttlSeconds`',
  }),
);

const DATA = Type.Unknown({
  description: 'Any JSON value. Numbers are kept as JavaScript reads them; `/data` keeps every byte as it is',
});

/** No call takes query parameters; one that is sent was meant to do something. */
export const NO_QUERY = Type.Object({}, STRICT);

/** Its form is checked before, so that a malformed one has its own code. */
export const ID_PARAMS = Type.Object({
  id: Type.String({ description: "A session's id: the letter of its node and 26 characters of `[0-9a-z]`" }),
});

export const IF_MATCH_HEADER = Type.Object({
  'If-Match': Type.Optional(
    Type.String({ description: 'Carry this out only if the session has this version: one ETag as answered, or `*`' }),
  ),
});

export const IF_NONE_MATCH_HEADER = Type.Object({
  'If-None-Match': Type.Optional(
    Type.String({ description: 'Answer 304 without data if the session still has this version' }),
  ),
});

/** For calls whose body can be nothing but the data. */
export const WRITE_HEADERS = Type.Object({
  'If-Match': IF_MATCH_HEADER.properties['If-Match'],
  'Maglia-Ttl-Seconds': Type.Optional(Type.String({ description: '`ttlSeconds` of the JSON calls' })),
});

export const MINT_BODY = Type.Object({ data: Type.Optional(DATA), ttlSeconds: TTL_SECONDS }, STRICT);

export const OPEN_BODY = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        description:
          "What the visitor's cookie says, as it came. Anything may stand here; what no node can have minted is answered `regenerated`, reason `malformed`",
      }),
    ),
    ttlSeconds: TTL_SECONDS,
    lock: Type.Optional(
      Type.Object(
        { waitMs: Type.Integer({ minimum: 0, maximum: MAX_LOCK_WAIT_MS, description: 'How long to queue for it' }) },
        { ...STRICT, description: "Take the session's lock as well" },
      ),
    ),
  },
  STRICT,
);

export const PUT_BODY = Type.Object({ data: DATA, ttlSeconds: TTL_SECONDS }, STRICT);

export const MERGE_PATCH = Type.Object(
  {},
  { additionalProperties: true, description: 'A JSON merge patch (RFC 7396): null removes a key. Always an object' },
);

export const PATCH_BODY = Type.Object({ data: MERGE_PATCH, ttlSeconds: TTL_SECONDS }, STRICT);

export const TOUCH_BODY = Type.Object({ ttlSeconds: TTL_SECONDS }, STRICT);

export const ROTATE_BODY = Type.Object(
  {
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_GRACE_SECONDS,
        description:
          'How long the old id can still be read, never written. The default is `session.rotateGraceSeconds`',
      }),
    ),
  },
  STRICT,
);

export const UNLOCK_BODY = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: MAX_LOCK_TOKEN_LENGTH, description: 'As `open` answered it' }) },
  STRICT,
);
