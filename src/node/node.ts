import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { Ends } from '../engine/tombstone.ts';
import type { HotRecords } from '../engine/hot-records.ts';
import type { Recall } from '../engine/recall.ts';
import { MagliaError, type HandshakeRefusal } from '../errors.ts';
import type { LongWork } from '../long-work.ts';
import { believe } from '../membership/believe.ts';
import { FailureDetector } from '../membership/failure-detector.ts';
import { Join } from '../membership/join.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Lives } from '../membership/lives.ts';
import type { MemberState } from '../membership/member-state.ts';
import { isDeath, isGone, Members } from '../membership/members.ts';
import type { PeerLink } from '../membership/peer-link.ts';
import { Registrar } from '../membership/registrar.ts';
import { fenceAfterMs } from '../membership/silence.ts';
import { Tenure } from '../membership/tenure.ts';
import { Witness } from '../membership/witness.ts';
import type { IsCredible } from '../mesh/claimed-lives.ts';
import { WIRE_VERSION, type Hello, type PeerRequest } from '../mesh/message.ts';
import type { RequestHandler } from '../mesh/peer-connection.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Forwarder } from '../routing/forwarder.ts';
import { LocalExecutor } from '../routing/local-executor.ts';
import { PeerDesk } from '../routing/peer-desk.ts';
import { Router } from '../routing/router.ts';
import type { Letter } from '../session/letter.ts';
import type { MintedIds } from '../session/session-id.ts';
import type { Estates } from '../standin/estates.ts';
import type { Store } from '../store/store.ts';
import { buildEngines } from './engines.ts';
import { buildEstates } from './estates.ts';

/** Our link to a peer: over TLS, or simulated. */
export interface NodeLink extends PeerLink {
  open(): void;
}

/** What a link tells of itself, and asks. */
export interface LinkWiring {
  /** Our hello to this peer, at this moment. */
  readonly hello: () => Hello;
  readonly isCredible: IsCredible;
  readonly onUp: () => void;
  readonly onDown: () => void;
  /** Nobody listens there: hard evidence of a death. */
  readonly onDialRefused: () => void;
  readonly onDialRejected: (refusal: HandshakeRefusal) => void;
}

/** Told as things happen to a node. */
export interface NodeWatcher {
  readonly changed?: (peer: Letter, from: MemberState, to: MemberState) => void;
  readonly noted?: (owner: Letter, outcome: string) => void;
  /** It is about to drop all sessions of its former life. */
  readonly wiping?: () => void;
  /** It has dropped them. What this does is part of dropping them. */
  readonly wiped?: () => Promise<void>;
  /** It is about to drop those whose ids no node minted. */
  readonly resettingUnminted?: () => void;
  /** It lost its life: others may have answered for its letter. */
  readonly lost?: (why: string) => void;
  /** It took another life while it joins. */
  readonly beganLife?: () => void;
  readonly served?: () => void;
  /** Joining never fails, other than by a fault of ours. */
  readonly joinFailed: (error: unknown) => void;
}

export interface NodeParts<L extends NodeLink> {
  readonly config: Pick<Config, 'letter' | 'limits' | 'map' | 'session' | 'timings'>;
  readonly allowsFlush: boolean;
  readonly software: string;
  readonly ids: MintedIds;
  readonly store: Store;
  /** Whether the store has sessions of a former daemon. */
  readonly isStoreKept: boolean;
  readonly memory: { readonly recall: Recall; readonly hot: HotRecords };
  readonly lives: Lives;
  readonly livesFile: LivesFile;
  readonly linkTo: (peer: Letter, wiring: LinkWiring) => L;
  readonly watcher: NodeWatcher;
  readonly work: LongWork;
  readonly clock: Clock;
  /** By which lives and tombstones are counted. */
  readonly lifeClock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'count' | 'set' | 'observe'>;
  readonly random: () => number;
}

/** A node of the mesh without its doors, its mesh port and its store: everything that has to agree with other nodes. */
export interface MeshNode<L extends NodeLink> {
  readonly members: Members;
  readonly tenure: Tenure;
  readonly estates: Estates;
  readonly router: Router;
  /** Every peer has one. */
  readonly links: (peer: Letter) => L;
  readonly isCredible: IsCredible;
  readonly hello: (to: Letter) => Hello;
  /** Answers a request of a peer. */
  readonly answer: RequestHandler;
  /** A peer has called the mesh port and was welcomed. */
  readonly called: (from: Hello) => void;
  /** Dials the peers, looks after them, and joins. The mesh port has to be open. */
  readonly start: () => void;
  /** Answers for nothing any more, and tells the peers so: for good, or that the next daemon is about to come. */
  readonly farewell: (mode: 'stop' | 'restart') => Promise<void>;
  /** Its timers end. The links are the caller's. */
  readonly close: () => void;
}

/** How long a node that leaves waits for its peers to have heard it. */
const FAREWELL_MS = 200;

/** Builds and wires a node, from the ground up as the layers are; nothing is started. The daemon's, and each simulated one. */
export function buildNode<L extends NodeLink>(parts: NodeParts<L>): MeshNode<L> {
  const { clock, config, lives, livesFile, log, metrics, software, watcher, work } = parts;
  const { letter, limits, map, timings } = config;
  const incarnation = Math.max(clock.now(), lives.served + 1);

  const ends = new Ends({
    limit: limits.ledgerEntries,
    clock,
    unopposedUntil: () => detector.confirmedByAllAt(),
    wasApart: lives.wasApart(map.letters),
  });
  const engines = buildEngines({ ...parts, memory: { ...parts.memory, ends }, incarnation });
  const { engine, versions } = engines;
  const estates = buildEstates({ ...parts, shelfOf: engines.shelfOf });

  const registrar = new Registrar({ letter, map, lives, estates });
  const members: Members = new Members({
    ...{ letter, map, clock, log, metrics },
    remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
    onChange: (peer, from, to) => {
      watcher.changed?.(peer, from, to);
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
    onLost: (why) => {
      watcher.lost?.(why);
      registrar.closeEstates(members);
      joinMesh();
    },
  });

  const isCredible = believe({ letter, members, lives, tenure, clock });
  const hello = (to: Letter): Hello => ({
    ...{ wireVersion: WIRE_VERSION, letter, to, software },
    ...{ incarnation: tenure.incarnation, phase: tenure.phase, mapDigest: map.digest },
  });
  const buildLink = (peer: Letter): L =>
    parts.linkTo(peer, {
      hello: () => hello(peer),
      isCredible,
      onUp: () => detector.linkUp(peer),
      onDown: () => detector.linkLost(peer),
      onDialRefused: () => detector.dialRefused(peer),
      onDialRejected: (refusal) => detector.dialRejected(peer, refusal),
    });
  const linkOf = new Map(members.letters.map((peer) => [peer, buildLink(peer)]));
  const links = (peer: Letter): L => {
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

  const former = { hasSessions: parts.isStoreKept };
  const join = new Join({
    ...{ letter, members, links, lives, livesFile, tenure, timings, clock, log, random: parts.random },
    isRefusing: (peer) => detector.isRefusing(peer),
    rejectionBy: (peer) => detector.rejectionBy(peer),
    isAsGoodAsDead: (peer) => detector.isAsGoodAsDead(peer),
    hasJudgedUs: (peer) => detector.hasJudgedUs(peer),
    hasFormerSessions: () => former.hasSessions,
    knowsEnds: () => ends.areAllKnown,
    wipe: async () => {
      watcher.wiping?.();
      await engine.wipe();
      former.hasSessions = false;
      await watcher.wiped?.();
    },
    resetUnminted: () => {
      watcher.resettingUnminted?.();
      return engines.resetUnminted();
    },
    recordVersions: engines.recordVersions,
    isMinted: (id) => parts.ids.isMinted(id),
    apply: (owner, entry) => (owner === letter ? engine.settle(entry) : registrar.estateOf(owner).inherit(entry)),
    inheritIncomplete: (owner) => registrar.estateOf(owner).markIncomplete(),
    inheritForgotten: (owner) => registrar.estateOf(owner).forgetUnminted(),
    inheritGap: (owner, by) => registrar.estateOf(owner).markGap(by),
    onIncarnation: (life) => {
      watcher.beganLife?.();
      versions.raise(life);
    },
  });
  const joinMesh = (): void => {
    join.run().then(() => {
      former.hasSessions = true;
      watcher.served?.();
    }, watcher.joinFailed);
  };

  const executor = new LocalExecutor({ engine, estates, tenure, livesFile });
  const forwarder = new Forwarder({ links, clock, metrics, inFlightPerLink: limits.inFlightPerLink });
  const router = new Router({ letter, map, members, executor, forwarder, timings, clock, log, metrics });
  const desk = new PeerDesk({
    ...{ letter, map, members, witness, tenure, executor, forwarder, detector, links, timings, work, clock, metrics },
  });

  return {
    ...{ members, tenure, estates, router, links, isCredible, hello },
    answer: (from, request) => desk.answer(from, request),
    called: (from) => {
      detector.heardFrom(from.letter, from.incarnation);
      links(from.letter).nudge();
    },
    start: () => {
      for (const link of linkOf.values()) link.open();
      detector.start();
      joinMesh();
    },
    farewell: async (mode) => {
      // What a join asks for after the farewell would take that back.
      join.close();
      tenure.leave();
      const { incarnation: life } = tenure;
      const request: PeerRequest =
        mode === 'stop'
          ? { kind: 'goodbye', incarnation: life }
          : { kind: 'pause', incarnation: life, forMs: timings.pauseMs };
      const deadlineAt = clock.monotonic() + FAREWELL_MS;
      const told = [...linkOf.values()].map((link) =>
        link.request(request, deadlineAt).catch((error: unknown) => {
          // A peer that cannot be told finds out by itself.
          if (!(error instanceof MagliaError)) throw error;
        }),
      );
      await Promise.all(told);
    },
    close: () => {
      join.close();
      detector.close();
    },
  };
}
