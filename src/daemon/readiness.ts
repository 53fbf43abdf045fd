import type { Readiness } from '../http/http-door-parts.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Store } from '../store/store.ts';

/** Whether this node answers for its letter, and why (not): for probes and metrics. */
export function readiness(store: Store, tenure: Pick<Tenure, 'phase' | 'why'>): () => Readiness {
  return () => {
    const { state, why } = store.describe();
    if (state === 'up') return { ready: tenure.phase === 'serving', why: `${tenure.phase}: ${tenure.why}` };
    return { ready: false, why: why === undefined ? 'the store is down' : `the store is down: ${why}` };
  };
}
