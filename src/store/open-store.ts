import { isIPv4 } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config, SocketAddress } from '../config/config.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { ENVELOPE_BYTES } from '../session/record.ts';
import { describeAddress, dialMemcached } from './dial-memcached.ts';
import { MemcachedFigures } from './memcached-figures.ts';
import { MemcachedKeeper } from './memcached-keeper.ts';
import { answers } from './memcached-probe.ts';
import { MemcachedProcess } from './memcached-process.ts';
import { MemcachedServer } from './memcached-server.ts';
import type { Kept } from './memcached-starter.ts';
import { MemcachedStore, type MemcachedStoreOptions } from './memcached-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store } from './store.ts';

const FIRST_ANSWER_MS = 1_000;

export type OpenStoreConfig = Pick<Config, 'store' | 'session' | 'timings' | 'runtimeDirectory'>;

export interface OpenStoreDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'observe'>;
  /** Our own Memcached died, or had to be killed, with all sessions in it; called before an empty one can answer. */
  readonly onLost: () => void;
  /** A connection to Memcached failed for this. */
  readonly onConnectionError?: (error: unknown) => void;
}

export interface OpenedStore {
  readonly store: Store;
  /** What became of what a former daemon of this node had stored; `fresh` where there was none. */
  readonly kept: Kept;
  /** `stop` ends our own Memcached; `release` leaves it, with all sessions, to the next daemon. To be called once. */
  close(mode: 'stop' | 'release'): Promise<void>;
}

/** Opens the store that is configured: embedded, our own Memcached, or somebody else's. Rejects with `StoreStartError`. */
export function openStore(config: OpenStoreConfig, dependencies: OpenStoreDependencies): Promise<OpenedStore> {
  if (config.store.kind === 'memory') return openMemoryStore(config, dependencies);
  const { address } = config.store;
  return address === undefined
    ? openOwnMemcached(config, dependencies)
    : openExternalMemcached(address, config, dependencies);
}

function openMemoryStore(config: OpenStoreConfig, { clock, metrics }: OpenStoreDependencies): Promise<OpenedStore> {
  const { megabytes } = config.store;
  const store = new MemoryStore({ megabytes, maxRecordBytes: maxRecordBytes(config), clock, metrics });
  return Promise.resolve({ store, kept: 'fresh', close: () => store.close() });
}

async function openOwnMemcached(config: OpenStoreConfig, dependencies: OpenStoreDependencies): Promise<OpenedStore> {
  const { program, megabytes } = config.store;
  const { clock, log, onLost } = dependencies;
  const { runtimeDirectory } = config;
  const memcached = new MemcachedProcess({
    ...{ program, megabytes, maxRecordBytes: maxRecordBytes(config), runtimeDirectory },
    ...{ clock, log, onLost, silentAfterMs: silentAfterMs(config) },
  });
  const kept = await memcached.start();
  const largest = (): number => memcached.maxRecordBytes;
  const store = memcachedStore(memcached.address, () => memcached.describe(), largest, config, dependencies);
  return {
    store,
    kept,
    close: async (mode) => {
      await store.close();
      await (mode === 'stop' ? memcached.stop() : memcached.release());
    },
  };
}

async function openExternalMemcached(
  address: SocketAddress,
  config: OpenStoreConfig,
  dependencies: OpenStoreDependencies,
): Promise<OpenedStore> {
  const { clock, log } = dependencies;
  const name = describeAddress(address);
  if (address.kind === 'tcp' && !isLoopback(address.host)) {
    log.warn({ address: name }, 'store.address is not on this machine: anybody who can reach it can read every session');
  }
  const dial = (): ReturnType<typeof dialMemcached> => dialMemcached(address);
  const health = (await answers(dial, clock, FIRST_ANSWER_MS)) ? 'up' : 'down';
  if (health === 'down') log.warn({ address: name }, 'the memcached of store.address does not answer yet');
  const keeper = new MemcachedKeeper({
    ...{ health, dial, clock, silentAfterMs: silentAfterMs(config) },
    onClosed: () => log.warn({ address: name }, 'the memcached of store.address closed its connection'),
    onUnreachable: () => log.debug({ address: name }, 'nobody listens at store.address'),
    onQuiet: () => log.warn({ address: name }, 'the memcached of store.address does not answer'),
    onHeard: (quietMs) =>
      log.info({ address: name, quietMs: Math.round(quietMs) }, 'that of store.address answers again'),
    onSilent: (silentMs) => log.debug({ address: name, silentMs }, 'the memcached of store.address answers nothing'),
  });
  keeper.start();
  const largest = maxRecordBytes(config);
  const store = memcachedStore(
    address,
    () => keeper.describe(),
    () => largest,
    config,
    dependencies,
  );
  return {
    store,
    kept: 'kept',
    close: async () => {
      keeper.stop();
      await store.close();
    },
  };
}

function memcachedStore(
  address: SocketAddress,
  health: MemcachedStoreOptions['health'],
  largest: () => number,
  config: OpenStoreConfig,
  { clock, log, metrics, onConnectionError = () => undefined }: OpenStoreDependencies,
): MemcachedStore {
  const deadlineMs = config.timings.storeMs;
  const dial = (): ReturnType<typeof dialMemcached> => dialMemcached(address).on('error', onConnectionError);
  const server = new MemcachedServer({ address, dial, clock, log, deadlineMs });
  const figures = new MemcachedFigures({ dial, clock, deadlineMs });
  return new MemcachedStore({ server, figures, maxRecordBytes: largest, health, clock, metrics, log });
}

function maxRecordBytes({ session }: OpenStoreConfig): number {
  return session.maxBytes + ENVELOPE_BYTES;
}

function silentAfterMs({ store }: OpenStoreConfig): number {
  return store.silentSeconds * 1000;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
