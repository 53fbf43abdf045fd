import { FAILURE_CODES } from '../../session/reply.ts';
import type { ProblemCode } from './problems.ts';

/** What every call can be answered, before it is looked at any closer. */
export const ANY_CALL: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'MALFORMED_HTTP',
  'UNAUTHORIZED',
  'CROSS_SITE',
  'REQUEST_TIMEOUT',
  'WRONG_HOST',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
  'TOO_MANY_CONNECTIONS',
];

/** What a call with a body can be answered on top. */
export const WITH_BODY: readonly ProblemCode[] = [
  'NOT_JSON_BODY',
  'TOO_DEEP',
  'TOO_MANY_KEYS',
  'UNACCEPTABLE',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'OVERLOADED',
];

/** Nobody could be asked; nothing was done. */
export const UNAVAILABLE: readonly ProblemCode[] = FAILURE_CODES;

/** What each call on a session in the path can be answered. */
export const ON_A_SESSION: readonly ProblemCode[] = [
  ...ANY_CALL,
  'MALFORMED_ID',
  'SESSION_MISS',
  'SESSION_BUSY',
  ...UNAVAILABLE,
];
