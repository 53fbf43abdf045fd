import type { FastifyReply } from 'fastify';
import type { Content } from '../../session/command.ts';
import type { Letter } from '../../session/letter.ts';
import { encodeEnvelope, encodeHead, type SessionHead } from './json-envelope.ts';
import { formatEtag } from './preconditions.ts';
import { ProblemError } from './problem-error.ts';
import type { Done } from './reply-problem.ts';
import { JSON_UTF8 } from './send-problem.ts';

/** What every answer says of a session, and `more` after it. */
export function headOf(
  { id, version, ttlSeconds }: Pick<Done, 'id' | 'version' | 'ttlSeconds'>,
  owner: Letter,
  more?: SessionHead['more'],
): SessionHead {
  return { id, version, ttlSeconds, owner, ...(more !== undefined && { more }) };
}

/** Answers what a session has become, without its data. */
export function sendHead(reply: FastifyReply, head: SessionHead): FastifyReply {
  return reply.header('etag', formatEtag(head.version)).type(JSON_UTF8).send(encodeHead(head));
}

/** Answers a session with its data. */
export function sendSession(reply: FastifyReply, head: SessionHead, content: Content): FastifyReply {
  return reply.header('etag', formatEtag(head.version)).type(JSON_UTF8).send(encodeEnvelope(head, content));
}

export function sendNotModified(reply: FastifyReply, version: number): FastifyReply {
  return reply.code(304).header('etag', formatEtag(version)).send();
}

/** The content that every `get` which is done carries. */
export function contentOf(done: Done): Content {
  if (done.content !== undefined) return done.content;
  throw new ProblemError({ code: 'INTERNAL', message: 'a session was read without its content' });
}
