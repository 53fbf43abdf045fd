import type { Config } from '../config/config.ts';
import { FRAME_OVERHEAD_BYTES, maxFrameBytes } from './frames.ts';
import type { Takes } from './message.ts';

/** What configuration says of links and of the mesh port. */
export interface MeshLimits {
  /** `execute` requests sent and not yet answered, per link. */
  readonly inFlightPerLink: number;
  readonly dialMs: number;
  readonly suspectAfterMs: number;
  readonly maxFrameBytes: number;
  /** Places for those who have called the mesh port and were not welcomed: so many for addresses of the map, and for others. */
  readonly callers: number;
}

export function meshLimits(config: Pick<Config, 'limits' | 'timings' | 'session'>): MeshLimits {
  return {
    inFlightPerLink: config.limits.inFlightPerLink,
    dialMs: config.timings.dialMs,
    suspectAfterMs: config.timings.suspectAfterMs,
    maxFrameBytes: maxFrameBytes(config.session.maxBytes),
    callers: config.limits.meshCallers,
  };
}

/** What our hello says that we take. */
export function takesOf(config: Pick<Config, 'limits' | 'session'>): Takes {
  return { frameBytes: maxFrameBytes(config.session.maxBytes), commands: config.limits.inFlightPerLink };
}

/**
 * What may be sent to a node that takes so much: no more than we would take ourselves. What it says is cut to what any
 * configuration allows.
 */
export function mayBeSent(
  takes: Takes | undefined,
  ours: Pick<MeshLimits, 'inFlightPerLink' | 'maxFrameBytes'>,
): Takes {
  const { frameBytes = ours.maxFrameBytes, commands = ours.inFlightPerLink } = takes ?? {};
  return {
    frameBytes: Math.min(ours.maxFrameBytes, Math.max(frameBytes, FRAME_OVERHEAD_BYTES)),
    commands: Math.min(ours.inFlightPerLink, Math.max(commands, 1)),
  };
}

/** Bytes that may wait in this process for a slow connection; one frame more may join while they are fewer. */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** Requests of one class that wait for room on one link, half a KiB each and their payloads: ten thousand small ones. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024;
