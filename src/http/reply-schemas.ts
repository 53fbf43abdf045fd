import { Type, type TSchema } from 'typebox';
import { HANDSHAKE_REFUSALS } from '../errors.ts';
import { RESET_REASONS } from '../session/reset-reason.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/*
 * What each call answers, for the API's document and the tests. Answers are not passed through these: bodies are put
 * together by hand, and the tests hold them against the schemas.
 */
const STRICT = { additionalProperties: false } as const;

const ID = Type.String({ pattern: '^[0-9a-zA-Z][0-9a-z]{26}$' });
const LETTER = Type.String({ pattern: '^[0-9a-zA-Z]$', description: 'The letter of the node that answers for the id' });
const VERSION = Type.Integer({ minimum: 0, description: 'Grows with every write. The ETag is this, in quotes' });
const TTL_LEFT = Type.Integer({ minimum: 0, description: 'Seconds that it lives if nobody touches it' });
const REASON = Type.Enum([...RESET_REASONS], { description: 'What became of the session that was asked for' });

const ETAG_HEADER = { ETag: { type: 'string', description: 'The version, in quotes' } };

const STATE = { id: ID, version: VERSION, ttlSeconds: TTL_LEFT, owner: LETTER };

/** Either `data`, or where it is not JSON `contentType` and `dataUrl`. */
const SHOWN_CONTENT = {
  data: Type.Optional(Type.Unknown({ description: 'The JSON value, where the session has one' })),
  contentType: Type.Optional(Type.String({ description: 'Of data that is not JSON' })),
  dataUrl: Type.Optional(Type.String({ description: 'Where the bytes of data that is not JSON are' })),
};

export const MINTED = Type.Object(STATE, {
  ...STRICT,
  description: 'Minted',
  headers: { ...ETAG_HEADER, Location: { type: 'string', description: 'The path of the session' } },
});

export const WRITTEN = Type.Object(STATE, { ...STRICT, description: 'Done', headers: ETAG_HEADER });

export const SESSION = Type.Object(
  { ...STATE, ...SHOWN_CONTENT },
  { ...STRICT, description: 'The session', headers: ETAG_HEADER },
);

export const OPENED = Type.Object(
  {
    ...STATE,
    state: Type.Enum(['found', 'minted', 'regenerated']),
    reason: Type.Optional(REASON),
    previous: Type.Optional(Type.String({ description: 'The id that this session replaces, as it was sent' })),
    ...SHOWN_CONTENT,
    lock: Type.Optional(
      Type.Object(
        { token: Type.String(), expiresInMs: Type.Number({ minimum: 0 }) },
        { ...STRICT, description: 'Yours' },
      ),
    ),
  },
  { ...STRICT, description: 'A session that can be used, found or fresh', headers: ETAG_HEADER },
);

export const ROTATED = Type.Object(
  { ...STATE, previous: ID },
  {
    ...STRICT,
    description: 'The same data under a new id',
    headers: { ...ETAG_HEADER, Location: { type: 'string', description: 'The path of the new id' } },
  },
);

export const NO_CONTENT = Type.Null({ description: 'Done' });
export const NOT_MODIFIED = Type.Null({ description: 'The session still has the version that If-None-Match names' });

/** Bytes that are not described any further. */
export const RAW_DATA = {
  description: 'The bytes, with the Content-Type that they were stored with',
  headers: {
    ...ETAG_HEADER,
    'Maglia-Ttl-Seconds': { type: 'string', description: 'Seconds that it lives if nobody touches it' },
  },
  content: { '*/*': { schema: Type.Unknown() } },
};

export const METRICS_TEXT = {
  description: 'The text format of Prometheus',
  content: { 'text/plain': { schema: Type.String() } },
};

export const OPENAPI_DOCUMENT = Type.Object({}, { additionalProperties: true, description: 'This document' });

const REFUSAL = Type.Object(
  {
    refusal: Type.Enum([...HANDSHAKE_REFUSALS]),
    explanation: Type.String(),
    from: Type.String(),
    agoMs: Type.Number({ minimum: 0 }),
  },
  STRICT,
);

const PEER = Type.Object(
  {
    letter: LETTER,
    address: Type.String(),
    state: Type.Enum(['alive', 'suspect', 'dead', 'left', 'returning']),
    incarnation: Type.Integer(),
    why: Type.String(),
    sinceMs: Type.Number(),
    link: Type.Object(
      {
        state: Type.Enum(['dialling', 'up', 'waiting', 'refused', 'closed']),
        why: Type.String(),
      },
      STRICT,
    ),
    refused: Type.Optional(REFUSAL),
  },
  STRICT,
);

export const CLUSTER = Type.Object(
  {
    letter: LETTER,
    incarnation: Type.Integer(),
    tenure: Type.Object(
      {
        state: Type.Enum(['joining', 'serving', 'leaving']),
        why: Type.String(),
      },
      STRICT,
    ),
    mapDigest: Type.String(),
    software: Type.String(),
    store: Type.Object(
      {
        kind: Type.Enum(['memcached', 'memory']),
        state: Type.Enum(['up', 'down']),
        pid: Type.Optional(Type.Integer()),
      },
      STRICT,
    ),
    peers: Type.Array(PEER),
    strangers: Type.Array(REFUSAL),
  },
  { ...STRICT, description: 'The mesh as this node sees it' },
);

export const HEALTHY = Type.Object({ status: Type.Literal('up') }, { ...STRICT, description: 'The process is there' });

export const READY = Type.Object(
  { ready: Type.Literal(true), why: Type.Optional(Type.String()) },
  { ...STRICT, description: 'This node answers for its letter' },
);

export const PROBLEM = Type.Object(
  {
    code: Type.Enum(Object.keys(PROBLEMS), { description: allCodes() }),
    message: Type.String({ description: 'For a person; may get better' }),
    field: Type.Optional(Type.String({ description: 'INVALID_REQUEST: the field, header or parameter that is wrong' })),
    reason: Type.Optional(REASON),
    version: Type.Optional(VERSION),
    cause: Type.Optional(Type.String({ description: 'IN_DOUBT: why there was no answer' })),
    ready: Type.Optional(Type.Literal(false)),
    why: Type.Optional(Type.String({ description: 'NOT_READY: what this node waits for' })),
  },
  { $id: 'Problem', ...STRICT, title: 'Problem', description: 'Why a call was not done. `code` is the contract' },
);

function allCodes(): string {
  return Object.entries(PROBLEMS)
    .map(([code, { status, means }]) => `- \`${code}\` (${status}): ${means}`)
    .join('\n');
}

/** What a call answers, by status: `described`, and Problems, each status with its codes. */
export function replies(
  described: Readonly<Record<number, object>>,
  codes: readonly ProblemCode[],
): Record<number, TSchema> {
  const texts = new Map<number, string[]>();
  for (const code of codes) {
    const { status, means } = PROBLEMS[code];
    texts.set(status, [...(texts.get(status) ?? []), `\`${code}\`: ${means}`]);
  }
  const all: Record<number, TSchema> = { ...described };
  for (const [status, lines] of texts) all[status] = Type.Ref('Problem', { description: lines.join('\n\n') });
  return all;
}
