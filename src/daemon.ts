import { join as joinPath } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import { closeDaemon, closeMesh, type CloseMode } from './daemon/close.ts';
import { buildDoors, Doors } from './daemon/doors.ts';
import { FileShortage } from './daemon/file-shortage.ts';
import { observeNode, readinessOf } from './daemon/observe-node.ts';
import { openLives } from './daemon/remembered-lives.ts';
import { StoreLosses } from './daemon/store-losses.ts';
import { HotRecords } from './engine/hot-records.ts';
import { Recall } from './engine/recall.ts';
import { ClosedError } from './errors.ts';
import { LongWork } from './long-work.ts';
import { checkClock } from './membership/believe.ts';
import { Refusals } from './membership/refusals.ts';
import { Link } from './mesh/link.ts';
import { meshLimits } from './mesh/limits.ts';
import { MeshServer } from './mesh/mesh-server.ts';
import { tcp } from './mesh/tcp.ts';
import { Metrics } from './metrics/metrics.ts';
import { buildNode, type LinkWiring } from './node/node.ts';
import { viewCluster, type ClusterView } from './routing/cluster-view.ts';
import { formatAddress, type Letter } from './session/letter.ts';
import { MintedIds } from './session/session-id.ts';
import { laterOf, openLifeClock, type LifeClock } from './store/life-clock.ts';
import { openStore, type OpenedStore } from './store/open-store.ts';
import { prepareRuntimeDirectory } from './runtime-files.ts';

export interface DaemonDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** The program's version, for peers and `status`. */
  readonly software: string;
  /** From [0, 1). */
  readonly random?: () => number;
  /** How many lines the log has lost since the start, where it can lose any. */
  readonly droppedLogLines?: () => number;
}

const LINK_STATES = ['dialling', 'up', 'waiting', 'refused', 'closed'] as const;

/** The composition root: builds every part, wires them, starts and closes them in order. No policy. */
export class Daemon {
  readonly #config: Config;
  readonly #dependencies: DaemonDependencies;
  #started: Promise<Running> | undefined;
  #closed: Promise<void> | undefined;

  constructor(config: Config, dependencies: DaemonDependencies) {
    this.#config = config;
    this.#dependencies = dependencies;
  }

  /** Resolves when the doors are open; the node then joins its peers, which `/readyz` tells. */
  async start(): Promise<void> {
    if (this.#closed !== undefined) throw new ClosedError('this daemon was closed; make a new one');
    this.#started ??= startDaemon(this.#config, this.#dependencies);
    await this.#started;
  }

  /** Idempotent; all callers share one promise, and the mode is the first one's. */
  close(mode: CloseMode): Promise<void> {
    this.#closed ??= this.#close(mode);
    return this.#closed;
  }

  async #close(mode: CloseMode): Promise<void> {
    // A start that failed has cleaned up after itself and told its caller.
    const running = await this.#started?.catch(() => undefined);
    await running?.close(mode);
  }
}

type Running = Pick<Daemon, 'close'>;

async function startDaemon(config: Config, dependencies: DaemonDependencies): Promise<Running> {
  const { clock, log } = dependencies;
  const metrics = new Metrics();
  metrics.follow('logLinesDropped', dependencies.droppedLogLines ?? (() => 0));
  const recall = new Recall(config.limits.recalledSessions);
  // Another store than Memcached is at hand itself.
  const hot = new HotRecords(config.store.kind === 'memcached' ? config.store.cacheMegabytes : 0);
  const shortage = new FileShortage({ clock, metrics, log });
  prepareRuntimeDirectory(config.runtimeDirectory);
  const lifeClock = openLifeClock(config, clock);
  const path = joinPath(config.runtimeDirectory, 'losses.json');
  const ttlMs = config.session.ttlSeconds * 1000;
  const losses = new StoreLosses({ path, recall, hot, ttlMs, clock: lifeClock, metrics, log });
  checkClock(clock);
  const opened = await openStore(config, {
    ...{ clock: laterOf(clock, lifeClock), log, metrics, onLost: losses.storeLost },
    onConnectionError: (error) => shortage.heard(error, 'store'),
  });

  const parts = compose(config, dependencies, opened, { recall, hot, lifeClock }, losses, shortage, metrics);
  try {
    await lifeClock.keep();
    await openDoors(parts, config, dependencies);
    shortage.watch();
    return { close: (mode) => closeDaemon(mode, { ...parts, shortage, opened, clock }) };
  } catch (error) {
    await closeMesh(parts);
    // One that this start has made is empty, and nobody would end it. One that was there has sessions.
    await opened.close(opened.kept === 'kept' ? 'release' : 'stop');
    throw error;
  }
}

/** What an engine remembers of its store. */
interface EngineMemory {
  readonly recall: Recall;
  readonly hot: HotRecords;
}

type Parts = ReturnType<typeof compose>;

/** Every part of a daemon, built and wired, none started: the node, its mesh port, its doors. */
function compose(
  config: Config,
  dependencies: DaemonDependencies,
  opened: OpenedStore,
  { lifeClock, ...memory }: EngineMemory & { readonly lifeClock: LifeClock },
  losses: StoreLosses,
  { heard }: FileShortage,
  metrics: Metrics,
) {
  const { letter, map } = config;
  const { clock, log, random = Math.random, software } = dependencies;
  const { store } = opened;
  const { runtimeDirectory } = config;
  const { lives, livesFile } = openLives({ runtimeDirectory, clock, log, onFailed: (error) => heard(error, 'lives') });
  losses.begin(opened.kept, lives.served);
  const work = new LongWork();

  const linkTo = (peer: Letter, { events, hello, isCredible }: LinkWiring): Link =>
    new Link({
      ...{ self: letter, letter: peer, address: map.address(peer), isCredible, hello },
      ...{ security: config.mesh.security, limits: meshLimits(config), transport: tcp, clock, log, random },
      callbacks: {
        ...events,
        onDialFailed: (cause, error) => {
          heard(error, 'mesh');
          events.onDialFailed(cause, error);
        },
        onState: (_from, to) => {
          for (const state of LINK_STATES) metrics.set('linkState', { peer, state }, state === to.kind ? 1 : 0);
        },
      },
    });
  const node = buildNode({
    ...{ config, allowsFlush: config.doors.allowFlush, software, store, isStoreKept: opened.kept === 'kept', memory },
    ids: new MintedIds(config.mesh.security.kind === 'psk' ? config.mesh.security.secret : undefined),
    ...{ lives, livesFile, linkTo, work, clock, lifeClock, log, metrics, random },
    watcher: {
      wiped: () => losses.wiped(),
      joinFailed: (error) =>
        log.fatal({ err: error }, 'joining failed; this node will not serve until it is restarted'),
    },
  });
  const { estates, hello, isCredible, links, members, router: sessions, tenure } = node;

  const refusals = new Refusals(clock, (peer) => members.letters.includes(peer));
  const meshServer = new MeshServer({
    ...{ letter, listen: config.mesh.listen, security: config.mesh.security, map, hello, isCredible, clock, log },
    limits: meshLimits(config),
    transport: tcp,
    handler: node.answer,
    callbacks: {
      onHello: (from) => {
        refusals.forget(from.letter);
        node.called(from);
      },
      onRefused: (refusal) => refusals.record(refusal),
      onTurnedAway: (reason) => metrics.count('callersTurnedAway', { reason }),
    },
  });

  const view = (): ClusterView =>
    viewCluster({ letter, map, software, tenure, members, refusals, links, store, clock });
  const isReady = (): ReturnType<typeof readinessOf> => readinessOf({ store, livesFile, tenure });
  observeNode({ metrics, members, links, livesFile, estates, store, isReady });
  const orphans = (): number => members.letters.reduce((sum, peer) => sum + (estates.get(peer)?.size ?? 0), 0);
  const doors = new Doors(
    buildDoors({ config, sessions, cluster: view, isReady, orphans, store, software, work, metrics, clock, log }),
    metrics,
  );
  return { losses, livesFile, node, meshServer, doors };
}

async function openDoors(
  { doors, meshServer, node }: Parts,
  config: Config,
  { log }: DaemonDependencies,
): Promise<void> {
  const address = await meshServer.listen();
  log.info({ address: formatAddress(address), digest: config.map.digest }, 'the mesh port listens');
  await doors.open();
  node.start();
  log.info(doors.addresses, 'the daemon is up');
}
