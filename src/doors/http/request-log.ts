import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { shortenId } from '../../session/session-id.ts';

/** What a log line may say of a request (S9): the pattern of its URL and the shortened id, never the URL itself. */
export function loggedRequest(request: FastifyRequest): { method: string; route: string; session?: string } {
  const { id } = (request.params ?? {}) as { id?: unknown };
  return {
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    ...(typeof id === 'string' && { session: shortenId(id) }),
  };
}

/** One line per request, for a log that is read at level debug; the metrics count them at any level. */
export function addRequestLog(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled('debug')) return;
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply;
    log.debug({ ...loggedRequest(request), status, tookMs: Math.round(elapsedTime * 10) / 10 }, 'answered');
    done();
  });
}
