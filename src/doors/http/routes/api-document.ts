import { ANY_CALL } from '../call-codes.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { openApiText } from '../openapi.ts';
import { OPENAPI_DOCUMENT, replies } from '../reply-schemas.ts';
import { JSON_UTF8 } from '../send-problem.ts';

export function addApiDocument(app: HttpApp): void {
  let text: string | undefined;
  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'openapi',
        summary: 'This document',
        tags: ['node'],
        response: replies({ 200: OPENAPI_DOCUMENT }, ANY_CALL),
      },
    },
    (_request, reply) => {
      text ??= openApiText(app);
      return reply.type(JSON_UTF8).send(text);
    },
  );
}
