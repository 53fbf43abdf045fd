import type { BenchContext } from './bench-context.ts';
import type { SectionName } from './section-names.ts';
import type { SectionOutcome } from './section-result.ts';
import { door } from './sections/door.ts';
import { failover } from './sections/failover.ts';
import { forward } from './sections/forward.ts';
import { http } from './sections/http.ts';
import { latency } from './sections/latency.ts';
import { php } from './sections/php.ts';

export type Section = (context: BenchContext) => Promise<SectionOutcome>;

export const SECTIONS: Readonly<Record<SectionName, Section>> = { door, forward, http, php, latency, failover };
