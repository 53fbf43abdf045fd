import type { FastifyReply } from 'fastify';
import type { SessionConfig } from '../../config/config.ts';
import { ANY_CALL, UNAVAILABLE, WITH_BODY } from '../call-codes.ts';
import { given } from '../given.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { absentBodyIsEmpty, SMALL_BODY_BYTES } from '../json-body.ts';
import { jsonContent } from '../json-envelope.ts';
import { problemOf } from '../reply-problem.ts';
import { MINTED, OPENED, replies } from '../reply-schemas.ts';
import { MINT_BODY, NO_QUERY, OPEN_BODY } from '../request-schemas.ts';
import { sendProblem } from '../send-problem.ts';
import { headOf, sendHead, sendSession } from '../session-answers.ts';
import { refuseTooLarge, refuseTooLong } from '../session-limits.ts';
import type { SessionsPort } from '../sessions-port.ts';
import { whenKnown } from '../../soon.ts';

/** The two calls that can make a session. */
export function addMintAndOpen(app: HttpApp, sessions: SessionsPort, session: SessionConfig): void {
  app.post(
    '/v1/sessions',
    {
      preValidation: absentBodyIsEmpty,
      schema: {
        operationId: 'mint',
        summary: 'Mint a session on this node',
        description: 'Without `data` the session begins as an empty JSON object.',
        tags: ['sessions'],
        'x-optional-body': true,
        querystring: NO_QUERY,
        body: MINT_BODY,
        response: replies({ 201: MINTED }, [...ANY_CALL, ...WITH_BODY, 'TOO_LARGE', ...UNAVAILABLE, 'IN_DOUBT']),
      },
    },
    (request, reply) => {
      const { data = {}, ttlSeconds } = request.body;
      const content = jsonContent(data);
      refuseTooLong(ttlSeconds, session);
      refuseTooLarge(content.payload, session);
      return whenKnown(sessions.mint({ content, ...given({ ttlSeconds }) }), (minted) => {
        if (minted.kind !== 'done') return sendProblem(reply, problemOf(minted));
        reply.code(201).header('location', `/v1/sessions/${minted.id}`);
        return sendHead(reply, headOf(minted, sessions.ownerOf(minted.id)));
      });
    },
  );

  app.post(
    '/v1/sessions/open',
    {
      bodyLimit: SMALL_BODY_BYTES,
      preValidation: absentBodyIsEmpty,
      schema: {
        operationId: 'open',
        summary: 'The one call at the start of a web request: this session, or a fresh one',
        description:
          'A session that is gone is never an error here: its visitor gets a fresh one, `regenerated`, and `reason` ' +
          'says what became of the old one. Put the answered `id` into the cookie.',
        tags: ['sessions'],
        'x-optional-body': true,
        querystring: NO_QUERY,
        body: OPEN_BODY,
        response: replies({ 200: OPENED }, [
          ...ANY_CALL,
          ...WITH_BODY,
          'LOCK_TIMEOUT',
          'SESSION_BUSY',
          ...UNAVAILABLE,
          'IN_DOUBT',
        ]),
      },
    },
    (request, reply) => {
      refuseTooLong(request.body.ttlSeconds, session);
      return whenKnown(sessions.open(request.body), (opened) => {
        if (opened.kind !== 'opened') return sendProblem(reply, problemOf(opened));
        const { state, reason, previous, lock, owner, content } = opened;
        const send = (): FastifyReply =>
          sendSession(reply, headOf(opened, owner, { state, reason, previous, lock }), content);
        if (lock === undefined || !request.raw.socket.destroyed) return send();
        // A client that waited for the lock and is gone by now, killed or out of patience, gives it to the next one.
        return whenKnown(sessions.dispatch({ kind: 'unlock', id: opened.id, token: lock.token }), send);
      });
    },
  );
}
