import { OPTIONS } from '../../config/options.ts';

/** As many nodes get along with the defaults on a small machine. */
const NODES_WITH_DEFAULTS = 8;

const STRETCHED = [
  'pingMs',
  'suspectAfterMs',
  'deadAfterMs',
  'hardCapMs',
  'dialMs',
  'joinPatienceMs',
  'pauseMs',
] as const;

/**
 * The `timings` of a mesh of so many nodes on one machine. Pings grow with the square of the nodes, and here all of them
 * are paid by the same processors: in a larger mesh every time is longer in proportion. Cost: a dead node is noticed
 * that much later.
 */
export function localTimings(nodes: number): Readonly<Record<string, number>> {
  const factor = Math.ceil(nodes / NODES_WITH_DEFAULTS);
  if (factor === 1) return {};
  return Object.fromEntries(STRETCHED.map((name) => [name, OPTIONS[`timings.${name}`].fallback * factor]));
}
