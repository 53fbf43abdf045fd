import type { FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { isLongWork, type LongWork } from '../../long-work.ts';
import { MAX_JSON_VALUES, MAX_MERGE_VALUES, readJson, type JsonFault } from '../../session/acceptable.ts';
import { ProblemError } from './problem-error.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** For calls that carry no session's data. */
export const SMALL_BODY_BYTES = 4096;

type Settle = (error: Error | null, body?: unknown) => void;

const CODES: Readonly<Record<JsonFault, ProblemCode>> = {
  'not-json': 'NOT_JSON_BODY',
  'too-deep': 'TOO_DEEP',
  'too-many-values': 'TOO_MANY_KEYS',
};

/**
 * The strict reader of JSON bodies (`session/acceptable.ts`). An empty body is none: many clients send a content type
 * with a call that has nothing to say. What takes long is read in a piece of its own, and the call carried out in another.
 */
export function jsonBodyParser(work: LongWork): (request: FastifyRequest, bytes: Buffer, settle: Settle) => void {
  return (request, bytes, settle) => {
    const read = (): Parameters<Settle> =>
      bodyOf(bytes, request.method === 'PATCH' ? MAX_MERGE_VALUES : MAX_JSON_VALUES);
    if (!isLongWork(bytes.length)) {
      settle(...read());
      return;
    }
    void work.piece().then(async () => {
      const body = read();
      await work.piece();
      settle(...body);
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

function bodyOf(bytes: Buffer, maxValues: number): Parameters<Settle> {
  if (bytes.length === 0) return [null];
  const reading = readJson(bytes, maxValues);
  return reading.kind === 'json' ? [null, reading.value] : [problem(CODES[reading.fault])];
}

function problem(code: ProblemCode): ProblemError {
  return new ProblemError({ code, message: PROBLEMS[code].means });
}
