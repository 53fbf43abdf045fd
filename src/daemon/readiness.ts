import type { Readiness } from '../doors/http/http-door-parts.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Store } from '../store/store.ts';

export interface ReadinessParts {
  readonly store: Pick<Store, 'describe'>;
  readonly livesFile: Pick<LivesFile, 'memory'>;
  readonly tenure: Pick<Tenure, 'phase' | 'why'>;
}

/** Whether a balancer should send visitors here: what `/readyz` says. */
export function readinessOf({ store, livesFile, tenure }: ReadinessParts): Readiness {
  const { state, why } = store.describe();
  if (state !== 'up')
    return { ready: false, why: why === undefined ? 'the store is down' : `the store is down: ${why}` };
  const { memory } = livesFile;
  if (memory.kind === 'lost') return { ready: false, why: `memory lost: ${memory.why}` };
  return { ready: tenure.phase === 'serving', why: `${tenure.phase}: ${tenure.why}` };
}
