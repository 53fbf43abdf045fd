import type { Metrics } from '../../../metrics/metrics.ts';
import type { BearerToken } from '../bearer-token.ts';
import { ANY_CALL } from '../call-codes.ts';
import type { HttpApp, Readiness } from '../http-door-parts.ts';
import { PROBLEMS } from '../problems.ts';
import { HEALTHY, METRICS_TEXT, replies, READY } from '../reply-schemas.ts';
import { JSON_UTF8, sendProblem } from '../send-problem.ts';

export interface ProbeParts {
  readonly isReady: () => Readiness;
  readonly metrics: Pick<Metrics, 'expose' | 'contentType'>;
  readonly token: BearerToken | undefined;
}

/** What watches over this node: is it there, does it answer for its letter, how is it doing. */
export function addProbes(app: HttpApp, { isReady, metrics, token }: ProbeParts): void {
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'healthz',
        summary: 'Whether the process is there; asks nothing else. No token needed',
        tags: ['node'],
        security: [],
        response: replies({ 200: HEALTHY }, ['WRONG_HOST']),
      },
    },
    (_request, reply) => reply.type(JSON_UTF8).send('{"status":"up"}'),
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'readyz',
        summary: 'Whether this node answers for its letter: its store is up, it has joined. No token needed',
        description: 'Where a token is set, `why` is told only to who presents it.',
        tags: ['node'],
        response: replies({ 200: READY }, ['WRONG_HOST', 'INTERNAL', 'NOT_READY']),
      },
    },
    (request, reply) => {
      const { ready, why } = isReady();
      const isTrusted = token?.isPresentedIn(request.headers.authorization) ?? true;
      const told = isTrusted ? { why } : {};
      if (ready) return reply.type(JSON_UTF8).send(JSON.stringify({ ready, ...told }));
      return sendProblem(reply, { code: 'NOT_READY', message: PROBLEMS.NOT_READY.means, details: { ready, ...told } });
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Counters and timings as Prometheus reads them',
        tags: ['node'],
        response: replies({ 200: METRICS_TEXT }, ANY_CALL),
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()),
  );
}
