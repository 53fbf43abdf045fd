import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { PROBLEM } from './reply-schemas.ts';

/** The version of the API under `/v1`, not of the program. */
const API_VERSION = '1.0.0';

/** Keeps account of every route that is added after it, for the API's document. */
export function addOpenApi(app: FastifyInstance): void {
  app.addSchema(PROBLEM);
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'maglia',
        version: API_VERSION,
        description:
          'Sessions shared by load-balanced hosts. Any node takes any call; the owner, named by the first letter of ' +
          'the id, answers it.',
      },
      tags: [
        { name: 'sessions', description: 'Sessions' },
        { name: 'node', description: 'This node, and the mesh as it sees it' },
      ],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      // Whether a door demands its token is the configuration's business; the document is the same.
      security: [{}, { bearer: [] }],
    },
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `schema-${index}`,
    },
  });
}

/** The document as it is served. Once all routes are there it does not change any more. */
export function openApiText(app: FastifyInstance): string {
  return JSON.stringify(app.swagger(), (_key, value: unknown) => (isRecord(value) ? withOptionalBody(value) : value));
}

/** The plugin calls every body required; a route whose body may be left out says so by `x-optional-body`. */
function withOptionalBody(operation: Record<string, unknown>): Record<string, unknown> {
  const { 'x-optional-body': isOptional, requestBody, ...rest } = operation;
  if (isOptional !== true || !isRecord(requestBody)) return operation;
  return { ...rest, requestBody: { ...requestBody, required: false } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
