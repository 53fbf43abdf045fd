import { join as joinPath } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import { closeDaemon, closeMesh, type CloseMode } from './daemon/close.ts';
import { Doors } from './daemon/doors.ts';
import { buildEngines } from './daemon/engines.ts';
import { FileShortage } from './daemon/file-shortage.ts';
import { observeNode } from './daemon/observe-node.ts';
import { openLives } from './daemon/open-lives.ts';
import { readinessOf } from './daemon/readiness.ts';
import { StoreLosses } from './daemon/store-losses.ts';
import { Ends } from './engine/ends.ts';
import { HotRecords } from './engine/hot-records.ts';
import { Recall } from './engine/recall.ts';
import { ClosedError, HandshakeRefusedError } from './errors.ts';
import { LongWork } from './long-work.ts';
import { FailureDetector } from './membership/failure-detector.ts';
import { Join } from './membership/join.ts';
import { believe, checkClock } from './membership/believe.ts';
import { isDeath, isGone, Members } from './membership/members.ts';
import { Refusals } from './membership/refusals.ts';
import { Registrar } from './membership/registrar.ts';
import { fenceAfterMs } from './membership/silence.ts';
import { Tenure } from './membership/tenure.ts';
import { Witness } from './membership/witness.ts';
import { Link } from './mesh/link.ts';
import { meshLimits } from './mesh/limits.ts';
import { MeshServer } from './mesh/mesh-server.ts';
import { WIRE_VERSION, type Hello } from './mesh/message.ts';
import { Metrics } from './metrics/metrics.ts';
import type { ClusterView } from './routing/cluster-view.ts';
import { Forwarder } from './routing/forwarder.ts';
import { LocalExecutor } from './routing/local-executor.ts';
import { PeerDesk } from './routing/peer-desk.ts';
import { Router } from './routing/router.ts';
import { viewCluster } from './routing/view-cluster.ts';
import type { Letter } from './session/letter.ts';
import { formatAddress } from './session/letter-map.ts';
import { shortenId } from './session/session-id.ts';
import { Estate } from './standin/estate.ts';
import { Estates } from './standin/estates.ts';
import { Ledger } from './standin/ledger.ts';
import { laterOf, openLifeClock, type LifeClock } from './store/life-clock.ts';
import { openStore, type OpenedStore } from './store/open-store.ts';
import { prepareRuntimeDirectory } from './store/runtime-directory.ts';

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
    return { close: (mode) => closeDaemon(mode, { ...parts, shortage, opened, config, clock }) };
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

/** Every part of a daemon, built and wired, none started. From the ground up, as the layers are. */
function compose(
  config: Config,
  dependencies: DaemonDependencies,
  opened: OpenedStore,
  { lifeClock, ...memory }: EngineMemory & { readonly lifeClock: LifeClock },
  losses: StoreLosses,
  { heard }: FileShortage,
  metrics: Metrics,
) {
  const { letter, map, timings, limits, session } = config;
  const { clock, log, software } = dependencies;
  const { store } = opened;
  const { runtimeDirectory } = config;
  const { lives, livesFile } = openLives({ runtimeDirectory, clock, log, onFailed: (error) => heard(error, 'lives') });
  losses.begin(opened.kept, lives.served);
  const incarnation = Math.max(clock.now(), lives.served + 1);
  const work = new LongWork();

  const ends = new Ends({
    limit: limits.ledgerEntries,
    clock,
    unopposedUntil: () => detector.confirmedByAllAt(),
    wasApart: lives.wasApart(map.letters),
  });

  const engines = buildEngines({
    ...{ config, store, lives, incarnation, lifeClock, work, clock, log, metrics },
    memory: { ...memory, ends },
  });
  const { engine, ids, versions } = engines;
  const isMinted = (id: string): boolean => ids.isMinted(id);

  const estates = new Estates(
    (owner, isComplete) =>
      new Estate({
        shelf: engines.shelfOf(owner),
        ledger: new Ledger({ limit: limits.ledgerEntries, isComplete, isMinted }),
        aliasMs: session.tombstoneSeconds * 1000,
        clock,
        absence: () => (lives.of(owner)?.state === 'left' ? 'left' : 'owner-dead'),
        onNoted: (id, outcome) => {
          lives.touch(owner);
          metrics.count('orphans', { owner, outcome });
          // The node that was asked has a line for each reset.
          log.debug({ id: shortenId(id), owner, outcome }, 'orphan: %s', outcome);
        },
      }),
    (owner) => lives.of(owner)?.incarnation ?? 0,
  );

  const registrar = new Registrar({ letter, map, lives, estates });
  const members: Members = new Members({
    ...{ letter, map, clock, log, metrics },
    remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
    onChange: (peer, from, to) => {
      registrar.register(peer, to, members);
      // Nobody is left there to unlock anything: the connections of its clients ended with that life.
      if (isGone(to) || to.incarnation !== from.incarnation) {
        engine.releaseLocksOf(peer);
        estates.releaseLocksOf(peer);
      }
      if (isDeath(from, to)) witness.noteDeath(peer);
      if (members.present().length === 0) tenure.peersGone();
    },
  });
  const tenure: Tenure = new Tenure(incarnation, {
    ...{ clock, log },
    fenceAfterMs: fenceAfterMs(timings),
    askAgainMs: timings.pingMs,
    hasPeers: () => members.present().length > 0,
    askPeers: () => detector.pingAll(),
    onLost: () => {
      registrar.closeEstates(members);
      joinMesh();
    },
  });

  const isCredible = believe({ letter, members, lives, tenure, clock });
  const hello = (to: Letter): Hello => ({
    ...{ wireVersion: WIRE_VERSION, letter, to, software },
    ...{ incarnation: tenure.incarnation, phase: tenure.phase, mapDigest: map.digest },
  });
  const buildLink = (peer: Letter): Link =>
    new Link({
      ...{ self: letter, letter: peer, address: map.address(peer), isCredible },
      ...{ security: config.mesh.security, clock, log },
      hello: () => hello(peer),
      limits: meshLimits(config),
      random: dependencies.random ?? Math.random,
      callbacks: {
        onUp: () => detector.linkUp(peer),
        onDown: () => detector.linkLost(peer),
        onDialFailed: (cause, error) => {
          heard(error, 'mesh');
          if (cause === 'refused') detector.dialRefused(peer);
          if (error instanceof HandshakeRefusedError) detector.dialRejected(peer, error.refusal);
        },
        onState: (_from, to) => {
          for (const state of LINK_STATES) metrics.set('linkState', { peer, state }, state === to.kind ? 1 : 0);
        },
      },
    });
  const linkOf = new Map(members.letters.map((peer) => [peer, buildLink(peer)]));
  const links = (peer: Letter): Link => {
    const link = linkOf.get(peer);
    if (link === undefined) throw new RangeError(`${peer} is not a peer of this node`);
    return link;
  };

  const detector: FailureDetector = new FailureDetector({
    ...{ letter, map, members, links, lives, tenure, timings, clock, log, metrics },
    onJudged: (by) => witness.noteJudgedBy(by),
  });
  const witness: Witness = new Witness({
    ...{ letter, map, members, detector, links, lives, livesFile, estates, tenure, timings, clock },
  });

  const former = { hasSessions: opened.kept === 'kept' };
  const join = new Join({
    ...{ letter, members, links, lives, livesFile, tenure, timings, clock, log },
    isRefusing: (peer) => detector.isRefusing(peer),
    rejectionBy: (peer) => detector.rejectionBy(peer),
    random: dependencies.random ?? Math.random,
    isAsGoodAsDead: (peer) => detector.isAsGoodAsDead(peer),
    hasJudgedUs: (peer) => detector.hasJudgedUs(peer),
    hasFormerSessions: () => former.hasSessions,
    knowsEnds: () => ends.areAllKnown,
    wipe: async () => {
      await engine.wipe();
      former.hasSessions = false;
      await losses.wiped();
    },
    ...{ resetUnminted: engines.resetUnminted, recordVersions: engines.recordVersions, isMinted },
    apply: (owner, entry) => (owner === letter ? engine.settle(entry) : registrar.estateOf(owner).inherit(entry)),
    inheritIncomplete: (owner) => registrar.estateOf(owner).markIncomplete(),
    inheritForgotten: (owner) => registrar.estateOf(owner).forgetUnminted(),
    inheritGap: (owner, by) => registrar.estateOf(owner).markGap(by),
    onIncarnation: (life) => versions.raise(life),
  });
  const joinMesh = (): void => {
    join.run().then(
      () => {
        former.hasSessions = true;
      },
      (error: unknown) => log.fatal({ err: error }, 'joining failed; this node will not serve until it is restarted'),
    );
  };

  const executor = new LocalExecutor({ engine, estates, tenure, livesFile });
  const forwarder = new Forwarder({ links, clock, metrics, inFlightPerLink: limits.inFlightPerLink });
  const router = new Router({ letter, map, members, executor, forwarder, timings, clock, log, metrics });
  const desk = new PeerDesk({
    ...{ letter, map, members, witness, tenure, executor, forwarder, detector, links, timings, work, clock, metrics },
  });

  const refusals = new Refusals(clock, (peer) => members.letters.includes(peer));
  const meshServer = new MeshServer({
    ...{ letter, listen: config.mesh.listen, security: config.mesh.security, map, hello, isCredible, clock, log },
    limits: meshLimits(config),
    handler: (from, request) => desk.answer(from, request),
    callbacks: {
      onHello: (from) => {
        refusals.forget(from.letter);
        detector.heardFrom(from.letter, from.incarnation);
        links(from.letter).nudge();
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
  const sessions = router;
  const doors = new Doors({
    ...{ config, sessions, cluster: view, isReady, orphans, store, software, work, metrics, clock, log },
  });
  const mesh = { detector, join, joinMesh, links: [...linkOf.values()], meshServer };
  return { losses, livesFile, members, tenure, ...mesh, doors };
}

async function openDoors(parts: Parts, config: Config, { log }: DaemonDependencies): Promise<void> {
  const { detector, doors, joinMesh, links, meshServer } = parts;
  const address = await meshServer.listen();
  log.info({ address: formatAddress(address), digest: config.map.digest }, 'the mesh port listens');
  await doors.open();
  for (const link of links) link.open();
  detector.start();
  joinMesh();
  log.info(doors.addresses, 'the daemon is up');
}
