import type { SessionConfig } from '../../config/config.ts';
import type { LongWork } from '../../long-work.ts';
import { JSON_TYPE_FORM } from '../../session/acceptable-json.ts';
import type { Content } from '../../session/command.ts';
import { MAX_CONTENT_TYPE_BYTES } from '../../session/record.ts';
import { ON_A_SESSION, WITH_BODY } from '../call-codes.ts';
import { given } from '../given.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { jsonBodyParser, notJsonBody } from '../json-body.ts';
import { JSON_TYPE } from '../json-envelope.ts';
import { formatEtag, matchesIfNoneMatch, onCondition, passesIfMatch, refuseConditions } from '../preconditions.ts';
import { invalid } from '../problem-error.ts';
import { conflict, problemOf } from '../reply-problem.ts';
import { NOT_MODIFIED, replies, RAW_DATA, WRITTEN } from '../reply-schemas.ts';
import { ID_PARAMS, IF_NONE_MATCH_HEADER, NO_QUERY, WRITE_HEADERS } from '../request-schemas.ts';
import { sendProblem } from '../send-problem.ts';
import { contentOf, headOf, sendHead, sendNotModified } from '../session-answers.ts';
import { refuseTooLarge, TTL_HEADER, ttlOfHeader } from '../session-limits.ts';
import type { SessionsPort } from '../sessions-port.ts';
import type { Reply } from '../../session/reply.ts';
import { whenKnown, type Soon } from '../../soon.ts';
import { anything } from '../schema.ts';

const PRINTABLE_MEDIA_TYPE = /^[\x21-\x7e]+\/[\x20-\x7e]+$/;

/**
 * The browser never gets to show, run or guess at what an application stored: anybody who can make a visitor open this URL
 * must not get a page out of it.
 */
const INERT_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-disposition': 'attachment; filename="session-data"',
  'content-security-policy': "default-src 'none'; sandbox",
};

/** A session's data as bytes of any content type, exactly as they are. */
export function addSessionData(app: HttpApp, sessions: SessionsPort, session: SessionConfig, work: LongWork): void {
  const parseJson = jsonBodyParser(work);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes: Buffer, settle) => settle(null, bytes));
  app.addContentTypeParser(JSON_TYPE_FORM, { parseAs: 'buffer' }, (request, bytes: Buffer, settle) => {
    if (bytes.length === 0) settle(notJsonBody());
    else parseJson(request, bytes, (error) => settle(error, bytes));
  });

  app.get(
    '/v1/sessions/:id/data',
    {
      schema: {
        operationId: 'getData',
        summary: "Read a session's data as the bytes that were stored",
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        headers: IF_NONE_MATCH_HEADER,
        response: replies({ 200: RAW_DATA, 304: NOT_MODIFIED }, [...ON_A_SESSION, 'VERSION_CONFLICT']),
      },
    },
    (request, reply) => {
      return whenKnown(sessions.dispatch({ kind: 'get', id: request.params.id }), (found) => {
        if (found.kind !== 'done') return sendProblem(reply, problemOf(found));
        if (!passesIfMatch(request.raw.headers['if-match'], found.version))
          return sendProblem(reply, conflict(found.version));
        if (matchesIfNoneMatch(request.headers['if-none-match'], found.version)) {
          return sendNotModified(reply, found.version);
        }
        const { contentType, payload } = contentOf(found);
        return reply
          .headers(INERT_HEADERS)
          .header('content-type', PRINTABLE_MEDIA_TYPE.test(contentType) ? contentType : 'application/octet-stream')
          .header('etag', formatEtag(found.version))
          .header(TTL_HEADER, String(found.ttlSeconds))
          .send(payload);
      });
    },
  );

  app.put(
    '/v1/sessions/:id/data',
    {
      config: { swaggerTransform: ({ schema, url }) => ({ schema: { ...schema, body: ANY_BYTES }, url }) },
      schema: {
        operationId: 'putData',
        summary: "Replace a session's data by bytes of any content type",
        description: 'Content-Type is kept with them. What claims to be JSON is checked, and kept to the byte.',
        tags: ['sessions'],
        querystring: NO_QUERY,
        params: ID_PARAMS,
        headers: WRITE_HEADERS,
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
      refuseConditions(request.headers, ['if-unmodified-since']);
      const { id } = request.params;
      const ttlSeconds = ttlOfHeader(request.headers[TTL_HEADER], session);
      const content = contentOfBody(request.headers['content-type'], request.mediaType, request.body);
      refuseTooLarge(content.payload, session);
      const write = (ifVersion: number | undefined): Soon<Reply> =>
        sessions.dispatch({ kind: 'put', id, content, ...given({ ttlSeconds, ifVersion }) });
      return whenKnown(onCondition(sessions, id, request.raw.headers, write), (put) => {
        if (put.kind !== 'done') return sendProblem(reply, problemOf(put));
        return sendHead(reply, headOf(put, sessions.ownerOf(put.id)));
      });
    },
  );
}

const ANY_BYTES = { content: { '*/*': { schema: anything({ description: 'Any bytes' }) } } };

function contentOfBody(contentType: string | undefined, mediaType: string | undefined, body: unknown): Content {
  if (contentType === undefined) throw invalid('Content-Type', 'is missing: say what the bytes are');
  if (Buffer.byteLength(contentType) > MAX_CONTENT_TYPE_BYTES) {
    throw invalid('Content-Type', `must be at most ${MAX_CONTENT_TYPE_BYTES} bytes`);
  }
  const payload = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  // JSON has no parameters that mean anything; one name for it lets every reader tell it.
  return { contentType: mediaType === JSON_TYPE ? JSON_TYPE : contentType, flags: 0, payload };
}
