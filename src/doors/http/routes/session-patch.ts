import type { SessionConfig } from '../../../config/config.ts';
import type { LongWork } from '../../../long-work.ts';
import type { Reply } from '../../../session/reply.ts';
import { ON_A_SESSION, WITH_BODY } from '../call-codes.ts';
import { given } from '../given.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { jsonBodyParser } from '../json-body.ts';
import { JSON_TYPE } from '../json-envelope.ts';
import { onCondition, refuseConditions } from '../preconditions.ts';
import { invalid } from '../problem-error.ts';
import { problemOf } from '../reply-problem.ts';
import { replies, WRITTEN } from '../reply-schemas.ts';
import { ID_PARAMS, MERGE_PATCH, NO_QUERY, PATCH_BODY, WRITE_HEADERS } from '../request-schemas.ts';
import { sendProblem } from '../send-problem.ts';
import { headOf, sendHead } from '../session-answers.ts';
import { refuseTooLarge, refuseTooLong, TTL_HEADER, ttlOfHeader } from '../session-limits.ts';
import type { SessionsPort } from '../../../routing/sessions-port.ts';
import { whenKnown, type Soon } from '../../../soon.ts';

const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/**
 * PATCH, in two dresses: `{data, ttlSeconds?}` as for PUT with the patch in `data`, or RFC 7396's own media type with
 * the patch as the whole body; then the life to give is in a header, as for raw bytes.
 */
export function addSessionPatch(app: HttpApp, sessions: SessionsPort, session: SessionConfig, work: LongWork): void {
  const parseJson = jsonBodyParser(work);
  app.addContentTypeParser(MERGE_PATCH_TYPE, { parseAs: 'buffer' }, (request, bytes: Buffer, settle) =>
    parseJson(request, bytes, (error, patch) => settle(error, { data: patch })),
  );

  app.patch(
    '/v1/sessions/:id',
    {
      config: {
        swaggerTransform: ({ schema, url }) => ({
          schema: {
            ...schema,
            body: {
              content: { [JSON_TYPE]: { schema: PATCH_BODY }, [MERGE_PATCH_TYPE]: { schema: MERGE_PATCH } },
            },
          },
          url,
        }),
      },
      schema: {
        operationId: 'patch',
        summary: "Change some keys of a session's data",
        description:
          'A JSON merge patch, applied by the owner: two requests that patch in parallel both keep their keys. The data ' +
          'must be a JSON object, and so must the patch.',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        headers: WRITE_HEADERS,
        body: PATCH_BODY,
        response: replies({ 200: WRITTEN }, [
          ...ON_A_SESSION,
          ...WITH_BODY,
          'NOT_JSON',
          'VERSION_CONFLICT',
          'TOO_LARGE',
          'IN_DOUBT',
        ]),
      },
    },
    (request, reply) => {
      refuseConditions(request.raw.headers, ['if-unmodified-since']);
      const { id } = request.params;
      const ttlHeader = ttlOfHeader(request.headers[TTL_HEADER], session);
      if (ttlHeader !== undefined && request.body.ttlSeconds !== undefined) {
        throw invalid('Maglia-Ttl-Seconds', 'the body says ttlSeconds already: send one of them');
      }
      const ttlSeconds = request.body.ttlSeconds ?? ttlHeader;
      const patch = Buffer.from(JSON.stringify(request.body.data), 'utf8');
      refuseTooLong(ttlSeconds, session);
      refuseTooLarge(patch, session);
      const merge = (ifVersion: number | undefined): Soon<Reply> =>
        sessions.dispatch({ kind: 'patch', id, patch, ...given({ ttlSeconds, ifVersion }) });
      return whenKnown(onCondition(sessions, id, request.raw.headers, merge), (patched) => {
        if (patched.kind !== 'done') return sendProblem(reply, problemOf(patched));
        return sendHead(reply, headOf(patched, sessions.ownerOf(patched.id)));
      });
    },
  );
}
