/** In the order in which they run. */
export const SECTION_NAMES = [
  'door',
  'forward',
  'http',
  'php',
  'latency',
  'failover',
  'stalls',
  'memory',
  'growth',
  'soak',
] as const;

export type SectionName = (typeof SECTION_NAMES)[number];
