import type { SessionConfig } from '../../config/config.ts';
import type { Reply } from '../../session/reply.ts';
import { ON_A_SESSION, WITH_BODY } from '../call-codes.ts';
import { given } from '../given.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { jsonContent } from '../json-envelope.ts';
import { matchesIfNoneMatch, onCondition, passesIfMatch, refuseConditions } from '../preconditions.ts';
import { conflict, problemOf } from '../reply-problem.ts';
import { NO_CONTENT, NOT_MODIFIED, replies, SESSION, WRITTEN } from '../reply-schemas.ts';
import { ID_PARAMS, IF_MATCH_HEADER, IF_NONE_MATCH_HEADER, NO_QUERY, PUT_BODY } from '../request-schemas.ts';
import { sendProblem } from '../send-problem.ts';
import { contentOf, headOf, sendHead, sendNotModified, sendSession } from '../session-answers.ts';
import { refuseTooLarge, refuseTooLong } from '../session-limits.ts';
import type { SessionsPort } from '../sessions-port.ts';
import { whenKnown, type Soon } from '../../soon.ts';

/** A session as a resource: read, replace, destroy. */
export function addSession(app: HttpApp, sessions: SessionsPort, session: SessionConfig): void {
  app.get(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'get',
        summary: 'Read a session',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        headers: IF_NONE_MATCH_HEADER,
        response: replies({ 200: SESSION, 304: NOT_MODIFIED }, [...ON_A_SESSION, 'VERSION_CONFLICT', 'TOO_LARGE']),
      },
    },
    (request, reply) => {
      const { id } = request.params;
      return whenKnown(sessions.dispatch({ kind: 'get', id }), (found) => {
        if (found.kind !== 'done') return sendProblem(reply, problemOf(found));
        if (!passesIfMatch(request.raw.headers['if-match'], found.version))
          return sendProblem(reply, conflict(found.version));
        if (matchesIfNoneMatch(request.headers['if-none-match'], found.version)) {
          return sendNotModified(reply, found.version);
        }
        return sendSession(reply, headOf(found, sessions.ownerOf(found.id)), contentOf(found));
      });
    },
  );

  app.put(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'put',
        summary: "Replace a session's data",
        description: 'Nothing is created under an id that no node minted: an unknown session is 404.',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        headers: IF_MATCH_HEADER,
        body: PUT_BODY,
        response: replies({ 200: WRITTEN }, [
          ...ON_A_SESSION,
          ...WITH_BODY,
          'VERSION_CONFLICT',
          'TOO_LARGE',
          'IN_DOUBT',
        ]),
      },
    },
    (request, reply) => {
      refuseConditions(request.raw.headers, ['if-unmodified-since']);
      const { id } = request.params;
      const { data, ttlSeconds } = request.body;
      const content = jsonContent(data);
      refuseTooLong(ttlSeconds, session);
      refuseTooLarge(content.payload, session);
      const write = (ifVersion: number | undefined): Soon<Reply> =>
        sessions.dispatch({ kind: 'put', id, content, ...given({ ttlSeconds, ifVersion }) });
      return whenKnown(onCondition(sessions, id, request.raw.headers, write), (put) => {
        if (put.kind !== 'done') return sendProblem(reply, problemOf(put));
        return sendHead(reply, headOf(put, sessions.ownerOf(put.id)));
      });
    },
  );

  app.delete(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'destroy',
        summary: 'Destroy a session for good',
        description: 'A slower request cannot bring it back: its id stays destroyed.',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        response: replies({ 204: NO_CONTENT }, [...ON_A_SESSION, 'VERSION_CONFLICT', 'IN_DOUBT']),
      },
    },
    (request, reply) => {
      refuseConditions(request.headers, ['if-unmodified-since']);
      const { id } = request.params;
      const destroy = (ifVersion: number | undefined): Soon<Reply> =>
        ifVersion === undefined ? sessions.dispatch({ kind: 'destroy', id }) : destroyIf(sessions, id, ifVersion);
      return whenKnown(onCondition(sessions, id, request.headers, destroy), (destroyed) => {
        if (destroyed.kind !== 'done') return sendProblem(reply, problemOf(destroyed));
        return reply.code(204).send();
      });
    },
  );
}

/** Memcached's delete with a cas, on a session: the owner compares and destroys in one turn. */
function destroyIf(sessions: SessionsPort, id: string, cas: number): Soon<Reply> {
  const deletion = { kind: 'item', id, isSession: true, operation: { kind: 'delete', cas } } as const;
  return whenKnown(sessions.dispatch(deletion), (reply): Reply => {
    if (reply.kind !== 'answered') return reply;
    if (reply.answer.kind === 'deleted') return { kind: 'done', id, version: cas, ttlSeconds: 0 };
    if (reply.answer.kind === 'exists') return { kind: 'refused', code: 'VERSION_CONFLICT' };
    return { kind: 'miss', reason: reply.reason ?? 'unknown' };
  });
}
