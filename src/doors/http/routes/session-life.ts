import type { IncomingHttpHeaders } from 'node:http';
import type { SessionConfig } from '../../../config/config.ts';
import { ON_A_SESSION, WITH_BODY } from '../call-codes.ts';
import { given } from '../given.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { absentBodyIsEmpty, SMALL_BODY_BYTES } from '../json-body.ts';
import { refuseConditions } from '../preconditions.ts';
import { problemOf } from '../reply-problem.ts';
import { NO_CONTENT, replies, ROTATED, WRITTEN } from '../reply-schemas.ts';
import { ID_PARAMS, NO_QUERY, ROTATE_BODY, TOUCH_BODY, UNLOCK_BODY } from '../request-schemas.ts';
import { sendProblem } from '../send-problem.ts';
import { headOf, sendHead } from '../session-answers.ts';
import { refuseTooLong } from '../session-limits.ts';
import type { SessionsPort } from '../../../routing/sessions-port.ts';
import { whenKnown } from '../../../soon.ts';

/** What is done to a session without touching its data. */
export function addSessionLife(app: HttpApp, sessions: SessionsPort, session: SessionConfig): void {
  app.post(
    '/v1/sessions/:id/touch',
    {
      bodyLimit: SMALL_BODY_BYTES,
      preValidation: absentBodyIsEmpty,
      schema: {
        operationId: 'touch',
        summary: "Extend a session's life",
        description: 'Without `ttlSeconds` by the life that it was last given. The version stays.',
        tags: ['sessions'],
        'x-optional-body': true,
        querystring: NO_QUERY,
        params: ID_PARAMS,
        body: TOUCH_BODY,
        response: replies({ 200: WRITTEN }, [...ON_A_SESSION, ...WITH_BODY, 'IN_DOUBT']),
      },
    },
    (request, reply) => {
      refuseAllConditions(request.headers);
      const { id } = request.params;
      const { ttlSeconds } = request.body;
      refuseTooLong(ttlSeconds, session);
      return whenKnown(sessions.dispatch({ kind: 'touch', id, ...given({ ttlSeconds }) }), (touched) => {
        if (touched.kind !== 'done') return sendProblem(reply, problemOf(touched));
        return sendHead(reply, headOf(touched, sessions.ownerOf(touched.id)));
      });
    },
  );

  app.post(
    '/v1/sessions/:id/rotate',
    {
      bodyLimit: SMALL_BODY_BYTES,
      preValidation: absentBodyIsEmpty,
      schema: {
        operationId: 'rotate',
        summary: 'Give the session a new id, as at every login',
        description: 'The old id can still be read for the grace, never written, and stays destroyed afterwards.',
        tags: ['sessions'],
        'x-optional-body': true,
        querystring: NO_QUERY,
        params: ID_PARAMS,
        body: ROTATE_BODY,
        response: replies({ 200: ROTATED }, [...ON_A_SESSION, ...WITH_BODY, 'TOO_LARGE', 'IN_DOUBT']),
      },
    },
    (request, reply) => {
      refuseAllConditions(request.headers);
      const { id: previous } = request.params;
      const { graceSeconds } = request.body;
      return whenKnown(sessions.dispatch({ kind: 'rotate', id: previous, ...given({ graceSeconds }) }), (rotated) => {
        if (rotated.kind !== 'done') return sendProblem(reply, problemOf(rotated));
        reply.header('location', `/v1/sessions/${rotated.id}`);
        return sendHead(reply, headOf(rotated, sessions.ownerOf(rotated.id), { previous }));
      });
    },
  );

  app.post(
    '/v1/sessions/:id/unlock',
    {
      bodyLimit: SMALL_BODY_BYTES,
      schema: {
        operationId: 'unlock',
        summary: 'Give back the lock that `open` took',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        body: UNLOCK_BODY,
        response: replies({ 204: NO_CONTENT }, [...ON_A_SESSION, ...WITH_BODY, 'LOCK_LOST', 'IN_DOUBT']),
      },
    },
    (request, reply) => {
      refuseAllConditions(request.headers);
      const { token } = request.body;
      return whenKnown(sessions.dispatch({ kind: 'unlock', id: request.params.id, token }), (unlocked) => {
        if (unlocked.kind !== 'done') return sendProblem(reply, problemOf(unlocked));
        return reply.code(204).send();
      });
    },
  );
}

function refuseAllConditions(headers: IncomingHttpHeaders): void {
  refuseConditions(headers, ['if-match', 'if-none-match', 'if-unmodified-since']);
}
