import type { FastifyInstance, HTTPMethods } from 'fastify';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The methods that a request target takes, as the Allow header lists them; none where there is no such URL. With
 * `literal` only for URLs that are written out: GET `/v1/sessions/open` is not a session whose id is `open`.
 */
export function allowedMethods(app: FastifyInstance, target: string, literal: 'literal' | 'any' = 'any'): string[] {
  const url = target.split('?', 1)[0] ?? target;
  return METHODS.filter((method) => {
    // Declared as never null, but that is how an unknown URL comes back.
    const route = app.findRoute({ method, url }) as { params: Record<string, unknown> } | null;
    return route !== null && (literal === 'any' || Object.keys(route.params).length === 0);
  });
}
