import type { OpenStoreConfig } from '../../src/store/open-store.ts';

/** A store configuration as the defaults make it, for a Memcached of our own in `runtimeDirectory`. */
export function storeConfig(runtimeDirectory: string, store: Partial<OpenStoreConfig['store']> = {}): OpenStoreConfig {
  return {
    store: { kind: 'memcached', megabytes: 64, cacheMegabytes: 32, program: 'memcached', silentSeconds: 30, ...store },
    session: {
      ttlSeconds: 1440,
      maxTtlSeconds: 86_400,
      maxBytes: 1_048_576,
      tombstoneSeconds: 60,
      rotateGraceSeconds: 10,
      lockSeconds: 30,
    },
    timings: {
      pingMs: 50,
      suspectAfterMs: 100,
      deadAfterMs: 200,
      operationMs: 250,
      hardCapMs: 500,
      // Longer than the default: a test machine with two busy cores is no reason to give up a connection.
      storeMs: 500,
      dialMs: 100,
      joinPatienceMs: 1_000,
      pauseMs: 100,
    },
    runtimeDirectory,
  };
}
