import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { countKeys, MAX_BODY_KEYS, MAX_MERGE_KEYS } from '../session/json-keys.ts';
import { ProblemError } from './problem-error.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/**
 * Deeper JSON is refused. Parsing it would do no harm, but whoever walks it by recursion (a merge, a serialiser, a
 * client in another language) runs out of stack somewhere.
 */
const MAX_DEPTH = 128;

/** For calls that carry no session's data. */
export const SMALL_BODY_BYTES = 4096;

type Settle = (error: Error | null, body?: unknown) => void;

/**
 * The strict reader of JSON bodies: UTF-8 only, at most 128 levels deep, no key `__proto__` or `constructor.prototype`
 * anywhere, no more keys than are parsed in a moment. An empty body is none: many clients send a content type with a call that has nothing to say.
 */
export function jsonBodyParser(app: FastifyInstance): (request: FastifyRequest, bytes: Buffer, settle: Settle) => void {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request, bytes, settle) => {
    if (bytes.length === 0) {
      settle(null);
      return;
    }
    const complaint = complaintAbout(bytes, request.method === 'PATCH' ? MAX_MERGE_KEYS : MAX_BODY_KEYS);
    if (complaint !== undefined) {
      settle(problem(complaint));
      return;
    }
    void parse(request, bytes.toString('utf8'), (error: Error | null, body: unknown) => {
      if (error === null) settle(null, body);
      else settle(problem('NOT_JSON_BODY', error));
    });
  };
}

/** For calls that may come without a body: the same as an empty object. */
export function absentBodyIsEmpty(request: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void {
  if (request.body === undefined) request.body = {};
  done();
}

/** For what claims to be JSON and is not. */
export function notJsonBody(): ProblemError {
  return problem('NOT_JSON_BODY');
}

function problem(code: ProblemCode, cause?: Error): ProblemError {
  return new ProblemError({ code, message: PROBLEMS[code].means }, { cause });
}

function complaintAbout(bytes: Buffer, maxKeys: number): ProblemCode | undefined {
  // Fastify's parser passes over a byte order mark; kept with the data it would stand in the middle of an answer.
  if (!isUtf8(bytes) || startsWithByteOrderMark(bytes)) return 'NOT_JSON_BODY';
  if (isNestedDeeper(bytes, MAX_DEPTH)) return 'TOO_DEEP';
  return countKeys(bytes, maxKeys) > maxKeys ? 'TOO_MANY_KEYS' : undefined;
}

function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Counts brackets outside strings; whether the text is JSON at all is not asked here. */
function isNestedDeeper(bytes: Buffer, limit: number): boolean {
  // Every level takes a byte.
  if (bytes.length <= limit) return false;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isInString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth -= 1;
  }
  return false;
}
