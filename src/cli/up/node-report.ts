import type { Letter } from '../../session/letter.ts';

/** One ready node as `up --json` prints it. */
export interface NodeReport {
  readonly letter: Letter;
  readonly pid: number;
  /** Base URL of its HTTP door. */
  readonly http: string;
  /** `host:port` of its mesh port. */
  readonly mesh: string;
  /** `host:port` of its memcached door. */
  readonly memcached: string;
  /** `pid` is Memcached's; null for the embedded store. */
  readonly store: { readonly kind: 'memcached' | 'memory'; readonly pid: number | null };
}
