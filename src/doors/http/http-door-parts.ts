import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { SessionConfig } from '../../config/config.ts';
import type { HeldMemory } from '../kit/held-memory.ts';
import type { LongWork } from '../../long-work.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { ClusterView } from '../../routing/cluster-view.ts';
import type { SchemaTypes } from './schema.ts';
import type { SessionsPort } from '../../routing/sessions-port.ts';

/** What the HTTP door is built from. */
export interface HttpDoorParts {
  readonly sessions: SessionsPort;
  readonly cluster: () => ClusterView;
  readonly isReady: () => Readiness;
  readonly metrics: Pick<Metrics, 'count' | 'observe' | 'expose' | 'contentType'>;
  readonly session: SessionConfig;
  readonly work: LongWork;
  /** Shared with the other doors. */
  readonly memory: HeldMemory;
  /** Demanded as a bearer token when present. */
  readonly token?: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Whether this node answers for its letter, and why (not). */
export interface Readiness {
  readonly ready: boolean;
  readonly why: string;
}

/** The Fastify instance that routes are added to: what their schemas say is what their handlers get. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;
