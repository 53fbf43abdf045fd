import type { FastifyReply } from 'fastify';
import { PROBLEMS, type Problem, type ProblemKind } from './problems.ts';

export const JSON_UTF8 = 'application/json; charset=utf-8';

/** The body of every answer that is an error. */
export function problemBody({ code, message, details }: Problem): string {
  return JSON.stringify({ code, message, ...details });
}

/** Answers with the problem's status, headers and body. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, retryAfterSeconds }: ProblemKind = PROBLEMS[problem.code];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (problem.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  return reply.code(status).header('cache-control', 'no-store').type(JSON_UTF8).send(problemBody(problem));
}
