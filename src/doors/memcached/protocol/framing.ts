import type { ChunkQueue } from '../../kit/chunk-queue.ts';
import type { ProtocolLimits } from './limits.ts';

/**
 * How far a step came: to try again with what is left; to wait for more bytes; or to the end, after which nothing of
 * this connection is decoded.
 */
export type Step = 'again' | 'wait' | 'end';

/**
 * One wire protocol: takes requests off the queue, at most one with each step, and hands them to its sink. The sink may
 * pause or end the decoder, so a step has done with the queue before it calls the sink.
 */
export interface Framing {
  /** May be changed between two steps: a client that has said who it is may send more. */
  limits: ProtocolLimits;

  step(queue: ChunkQueue): Step;

  /** Whether a request's first part has been taken off the queue, and its value is still to come. */
  readonly awaitsValue: boolean;
}
