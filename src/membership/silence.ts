import type { TimingsConfig } from '../config/config.ts';

/**
 * For how long a peer has been silent, counted only over time in which we were listening: what a late event loop, a
 * stopped process or a paused machine slept through is not held against the peers (self-doubt).
 */
export interface Silence {
  /** Since the peer last answered on the link that we dialled. */
  readonly pathMs: number;
  /** Since there was any sign that it lives: an answer, a call of its own, a third node's word. */
  readonly lifeMs: number;
}

export const NO_SILENCE: Silence = { pathMs: 0, lifeMs: 0 };

/** @param elapsedMs since the last look; @param intervalMs between looks as planned: more than twice that we slept */
export function listened(silence: Silence, elapsedMs: number, intervalMs: number): Silence {
  const ms = Math.min(elapsedMs, 2 * intervalMs);
  return { pathMs: silence.pathMs + ms, lifeMs: silence.lifeMs + ms };
}

/** It answered us. */
export function answered(): Silence {
  return NO_SILENCE;
}

/** It called, or another node heard from it `agoMs` ago. */
export function heard(silence: Silence, agoMs = 0): Silence {
  return { pathMs: silence.pathMs, lifeMs: Math.min(silence.lifeMs, agoMs) };
}

/** From here on our own route to it is in doubt. */
export function isQuiet(silence: Silence, timings: TimingsConfig): boolean {
  return silence.pathMs >= timings.suspectAfterMs;
}

/** From here on we may accuse it. */
export function isDeadly(silence: Silence, timings: TimingsConfig): boolean {
  return silence.lifeMs >= timings.deadAfterMs;
}

/** While a peer restarts on purpose there is one witness less, and a machine on which others start is a busy one. */
const PATIENCE_WHILE_PAUSED = 3;

/** The timings for silence while any peer has asked for patience. Longer is always safe: only the verdict comes later. */
export function patient(timings: TimingsConfig): TimingsConfig {
  return { ...timings, deadAfterMs: PATIENCE_WHILE_PAUSED * timings.deadAfterMs };
}

/** Whether we agree when another node accuses it of silence. */
export function agreesSilent(silence: Silence, timings: TimingsConfig): boolean {
  return silence.lifeMs >= agreeAfterMs(timings);
}

/** Two pings less than the accuser's own patience, since nodes do not hear the last ping at the same moment. */
function agreeAfterMs(timings: TimingsConfig): number {
  return timings.deadAfterMs - 2 * timings.pingMs;
}

/**
 * How long after sending a ping that was answered "alive" an owner can be sure that it has not been declared dead: the
 * node that answered will not agree to an accusation of silence before `agreeAfterMs`, counted from a later moment and
 * on a clock that runs no slower. One ping less, for good measure.
 */
export function fenceAfterMs(timings: TimingsConfig): number {
  return agreeAfterMs(timings) - timings.pingMs;
}
