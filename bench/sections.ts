import type { BenchContext } from './bench-context.ts';
import type { SectionName } from './section-names.ts';
import type { SectionOutcome } from './section-result.ts';
import { door } from './sections/door.ts';

export type Section = (context: BenchContext) => Promise<SectionOutcome>;

export const SECTIONS: Readonly<Record<SectionName, Section>> = {
  door,
  forward: door,
  http: door,
  php: door,
  latency: door,
  failover: door,
  memory: door,
  growth: door,
  soak: door,
};
