import type { BenchContext } from './bench-context.ts';
import type { SectionName } from './section-names.ts';
import type { SectionOutcome } from './section-result.ts';
import { door } from './sections/door.ts';
import { failover } from './sections/failover.ts';
import { forward } from './sections/forward.ts';
import { growth } from './sections/growth.ts';
import { http } from './sections/http.ts';
import { latency } from './sections/latency.ts';
import { memory } from './sections/memory.ts';
import { php } from './sections/php.ts';
import { soak } from './sections/soak.ts';
import { stalls } from './sections/stalls.ts';

export type Section = (context: BenchContext) => Promise<SectionOutcome>;

export const SECTIONS: Readonly<Record<SectionName, Section>> = {
  door,
  forward,
  http,
  php,
  latency,
  failover,
  stalls,
  memory,
  growth,
  soak,
};
