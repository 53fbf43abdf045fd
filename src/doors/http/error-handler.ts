import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import type { Logger } from 'pino';
import { allowedMethods } from './allowed-methods.ts';
import { loggable } from '../../session/loggable.ts';
import { invalid, ProblemError } from './problem-error.ts';
import { PROBLEMS, type Problem, type ProblemCode } from './problems.ts';
import { loggedRequest } from './request-log.ts';
import { sendProblem } from './send-problem.ts';

/** Fastify's and Node's errors that a client can cause. Whatever is not here is our own fault. */
const FRAMEWORK_CODES: ReadonlyMap<unknown, ProblemCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'MALFORMED_HTTP'],
  // The client went away in the middle of its body; nobody will read the answer.
  ['ECONNRESET', 'REQUEST_TIMEOUT'],
]);

/** Turns whatever a handler, a hook or Fastify throws into one of our problems. */
export function addErrorHandling(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    const problem = problemOfError(error);
    if (problem.code === 'INTERNAL') {
      log.error({ ...loggedRequest(request), err: loggable(error) }, 'a request failed in a way it should not');
    }
    // Fastify closes the connection on a body too large, or that there is no memory for; a client that is still sending would then find a reset
    // connection instead of the answer. The rest is read and dropped, inside the request timeout.
    if (problem.code === 'BODY_TOO_LARGE' || problem.code === 'OVERLOADED') reply.removeHeader('connection');
    return sendProblem(reply, problem);
  });

  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(app, request.url);
    return sendProblem(reply, allowed.length === 0 ? noSuchRoute() : methodNotAllowed(reply, allowed));
  });

  app.setSchemaErrorFormatter((errors, part) => invalidField(errors[0], part));
}

/** For the URLs that Fastify cannot even look up: these pass no hook. */
export function answerBadUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const code = request.url.startsWith('/v1/sessions/') ? 'MALFORMED_ID' : 'BAD_URL';
  void sendProblem(reply, { code, message: PROBLEMS.BAD_URL.means });
}

export function methodNotAllowed(reply: FastifyReply, allowed: readonly string[]): Problem {
  const allow = allowed.join(', ');
  reply.header('allow', allow);
  return { code: 'METHOD_NOT_ALLOWED', message: `this URL takes ${allow}` };
}

function noSuchRoute(): Problem {
  return { code: 'NO_SUCH_ROUTE', message: PROBLEMS.NO_SUCH_ROUTE.means };
}

function problemOfError(error: unknown): Problem {
  if (error instanceof ProblemError && error.code !== 'INTERNAL') return error.problem;
  const code = FRAMEWORK_CODES.get(error instanceof Error && 'code' in error ? error.code : undefined) ?? 'INTERNAL';
  return { code, message: PROBLEMS[code].means };
}

/** Names the field as the client wrote it: `ttlSeconds`, `lock.waitMs`; `body` for the body as a whole. */
function invalidField(error: FastifySchemaValidationError | undefined, part: string): ProblemError {
  const path = (error?.instancePath ?? '').split('/').slice(1);
  const { additionalProperty, missingProperty } = error?.params ?? {};
  if (typeof additionalProperty === 'string') {
    return invalid([...path, additionalProperty].join('.'), `there is no such field in the ${part} of this call`);
  }
  if (typeof missingProperty === 'string') return invalid([...path, missingProperty].join('.'), 'is missing');
  return invalid(path.length === 0 ? part : path.join('.'), error?.message ?? 'has a wrong form');
}
