import { HANDSHAKE_REFUSALS } from '../../errors.ts';
import { RESET_REASONS } from '../../session/record.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';
import {
  anything,
  arrayOf,
  integer,
  nothing,
  number,
  object,
  oneOf,
  only,
  optional,
  reference,
  type Schema,
  string,
} from './schema.ts';

/*
 * What each call answers, for the API's document and the tests. Answers are not passed through these: bodies are put
 * together by hand, and the tests hold them against the schemas.
 */
const STRICT = { additionalProperties: false } as const;

const ID = string({ pattern: '^[0-9a-zA-Z][0-9a-z]{26}$' });
const LETTER = string({ pattern: '^[0-9a-zA-Z]$', description: 'The letter of the node that answers for the id' });
const VERSION = integer({ minimum: 0, description: 'Grows with every write. The ETag is this, in quotes' });
const TTL_LEFT = integer({ minimum: 0, description: 'Seconds that it lives if nobody touches it' });
const REASON = oneOf(RESET_REASONS, { description: 'What became of the session that was asked for' });

const ETAG_HEADER = { ETag: { type: 'string', description: 'The version, in quotes' } };

const STATE = { id: ID, version: VERSION, ttlSeconds: TTL_LEFT, owner: LETTER };

/** Either `data`, or where it is not JSON `contentType` and `dataUrl`. */
const SHOWN_CONTENT = {
  data: optional(anything({ description: 'The JSON value, where the session has one' })),
  contentType: optional(string({ description: 'Of data that is not JSON' })),
  dataUrl: optional(string({ description: 'Where the bytes of data that is not JSON are' })),
};

export const MINTED = object(STATE, {
  ...STRICT,
  description: 'Minted',
  headers: { ...ETAG_HEADER, Location: { type: 'string', description: 'The path of the session' } },
});

export const WRITTEN = object(STATE, { ...STRICT, description: 'Done', headers: ETAG_HEADER });

export const SESSION = object(
  { ...STATE, ...SHOWN_CONTENT },
  { ...STRICT, description: 'The session', headers: ETAG_HEADER },
);

export const OPENED = object(
  {
    ...STATE,
    state: oneOf(['found', 'minted', 'regenerated']),
    reason: optional(REASON),
    previous: optional(string({ description: 'The id that this session replaces, as it was sent' })),
    ...SHOWN_CONTENT,
    lock: optional(
      object({ token: string(), expiresInMs: number({ minimum: 0 }) }, { ...STRICT, description: 'Yours' }),
    ),
  },
  { ...STRICT, description: 'A session that can be used, found or fresh', headers: ETAG_HEADER },
);

export const ROTATED = object(
  { ...STATE, previous: ID },
  {
    ...STRICT,
    description: 'The same data under a new id',
    headers: { ...ETAG_HEADER, Location: { type: 'string', description: 'The path of the new id' } },
  },
);

export const NO_CONTENT = nothing({ description: 'Done' });
export const NOT_MODIFIED = nothing({ description: 'The session still has the version that If-None-Match names' });

/** Bytes that are not described any further. */
export const RAW_DATA = {
  description: 'The bytes, with the Content-Type that they were stored with',
  headers: {
    ...ETAG_HEADER,
    'Maglia-Ttl-Seconds': { type: 'string', description: 'Seconds that it lives if nobody touches it' },
  },
  content: { '*/*': { schema: anything() } },
};

export const METRICS_TEXT = {
  description: 'The text format of Prometheus',
  content: { 'text/plain': { schema: string() } },
};

export const OPENAPI_DOCUMENT = object({}, { additionalProperties: true, description: 'This document' });

const REFUSAL = object(
  {
    refusal: oneOf(HANDSHAKE_REFUSALS),
    explanation: string(),
    from: string(),
    agoMs: number({ minimum: 0 }),
  },
  STRICT,
);

const PEER = object(
  {
    letter: LETTER,
    address: string(),
    state: oneOf(['alive', 'suspect', 'dead', 'left', 'returning']),
    incarnation: integer(),
    why: string(),
    sinceMs: number(),
    link: object(
      {
        state: oneOf(['dialling', 'up', 'waiting', 'refused', 'closed']),
        why: string(),
        wire: optional(integer({ description: 'The version of the wire that is spoken, where the link is up' })),
      },
      STRICT,
    ),
    refused: optional(REFUSAL),
  },
  STRICT,
);

export const CLUSTER = object(
  {
    letter: LETTER,
    incarnation: integer(),
    tenure: object(
      {
        state: oneOf(['joining', 'serving', 'leaving']),
        why: string(),
      },
      STRICT,
    ),
    mapDigest: string(),
    software: string(),
    wire: optional(
      object(
        { oldest: integer(), newest: integer() },
        { ...STRICT, description: 'The versions of the wire that this node speaks' },
      ),
    ),
    store: object(
      {
        kind: oneOf(['memcached', 'memory']),
        state: oneOf(['up', 'down']),
        why: optional(string()),
        pid: optional(integer()),
        outdated: optional(arrayOf(string())),
      },
      STRICT,
    ),
    peers: arrayOf(PEER),
    strangers: arrayOf(REFUSAL),
  },
  { ...STRICT, description: 'The mesh as this node sees it' },
);

export const HEALTHY = object({ status: only('up') }, { ...STRICT, description: 'The process is there' });

export const READY = object(
  { ready: only(true), why: optional(string()) },
  { ...STRICT, description: 'This node answers for its letter' },
);

export const PROBLEM = object(
  {
    code: oneOf(Object.keys(PROBLEMS), { description: allCodes() }),
    message: string({ description: 'For a person; may get better' }),
    field: optional(string({ description: 'INVALID_REQUEST: the field, header or parameter that is wrong' })),
    most: optional(integer({ description: 'INVALID_REQUEST: the largest number that may stand there' })),
    reason: optional(REASON),
    version: optional(VERSION),
    cause: optional(string({ description: 'IN_DOUBT: why there was no answer' })),
    ready: optional(only(false)),
    why: optional(string({ description: 'NOT_READY: what this node waits for' })),
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
  described: Readonly<Record<number, Schema>>,
  codes: readonly ProblemCode[],
): Record<number, Schema> {
  const texts = new Map<number, string[]>();
  for (const code of codes) {
    const { status, means } = PROBLEMS[code];
    texts.set(status, [...(texts.get(status) ?? []), `\`${code}\`: ${means}`]);
  }
  const all: Record<number, Schema> = { ...described };
  for (const [status, lines] of texts) all[status] = reference('Problem', { description: lines.join('\n\n') });
  return all;
}
