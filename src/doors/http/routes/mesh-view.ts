import type { ClusterView } from '../../../routing/cluster-view.ts';
import { ANY_CALL } from '../call-codes.ts';
import type { HttpApp } from '../http-door-parts.ts';
import { CLUSTER, replies } from '../reply-schemas.ts';
import { NO_QUERY } from '../request-schemas.ts';
import { JSON_UTF8 } from '../send-problem.ts';

export function addMeshView(app: HttpApp, cluster: () => ClusterView): void {
  app.get(
    '/v1/cluster',
    {
      schema: {
        operationId: 'cluster',
        summary: 'The mesh as this node sees it',
        tags: ['node'],
        querystring: NO_QUERY,
        response: replies({ 200: CLUSTER }, ANY_CALL),
      },
    },
    (_request, reply) => reply.type(JSON_UTF8).send(JSON.stringify(cluster())),
  );
}
