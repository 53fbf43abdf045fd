import type { PeerRequest, PeerRequestKind } from './message.ts';

/**
 * What a request is to the mesh itself, and so what it may take of a link:
 * - probe: by which the nodes know that the other lives. Load must not delay it, or load passes for death.
 * - control: by which they agree on who lives and who answers for whom. Few and small.
 * - bulk: hands over what was done on behalf of a dead owner, page by page. It must keep nobody from the three others.
 * - execute: a command of a visitor.
 */
export type TrafficClass = 'probe' | 'control' | 'bulk' | 'execute';

export const TRAFFIC_CLASSES: readonly TrafficClass[] = ['probe', 'control', 'bulk', 'execute'];

const CLASS_OF: Readonly<Record<PeerRequestKind, TrafficClass>> = {
  ping: 'probe',
  accuse: 'control',
  join: 'control',
  hold: 'control',
  release: 'control',
  goodbye: 'control',
  pause: 'control',
  collect: 'bulk',
  execute: 'execute',
};

export interface ClassShare {
  /** Sent and not yet answered, per link. `configured`: `limits.inFlightPerLink`. */
  readonly inFlight: number | 'configured';
  /** What it may have wait in this process for a slow connection, beyond `MAX_QUEUED_BYTES`. */
  readonly reserveBytes: number;
}

/** Each class has places of its own, so that none of them can take those of another. */
export const SHARES: Readonly<Record<TrafficClass, ClassShare>> = {
  probe: { inFlight: 16, reserveBytes: 64 * 1024 },
  control: { inFlight: 32, reserveBytes: 32 * 1024 },
  bulk: { inFlight: 4, reserveBytes: 0 },
  execute: { inFlight: 'configured', reserveBytes: 0 },
};

/** Those that wait on this side where there is no room. The others fail at once: they are asked again soon anyway. */
export const WAITING_CLASSES = ['bulk', 'execute'] as const satisfies readonly TrafficClass[];

export type WaitingClass = (typeof WAITING_CLASSES)[number];

export function isWaitingClass(trafficClass: TrafficClass): trafficClass is WaitingClass {
  return trafficClass === 'bulk' || trafficClass === 'execute';
}

export function classOf({ kind }: Pick<PeerRequest, 'kind'>): TrafficClass {
  return CLASS_OF[kind];
}

/** The most requests of one class that may be unanswered on one link. */
export function placesOf(trafficClass: TrafficClass, inFlightPerLink: number): number {
  const { inFlight } = SHARES[trafficClass];
  return inFlight === 'configured' ? inFlightPerLink : inFlight;
}

/** All that may be unanswered on one link, of whatever class. */
export function placesOfAll(inFlightPerLink: number): number {
  return TRAFFIC_CLASSES.reduce((sum, one) => sum + placesOf(one, inFlightPerLink), 0);
}
