import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { Ends } from '../engine/tombstone.ts';
import type { HotRecords } from '../engine/hot-records.ts';
import type { Recall } from '../engine/recall.ts';
import type { LongWork } from '../long-work.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Lives } from '../membership/lives.ts';
import type { MemberState } from '../membership/member-state.ts';
import type { Members } from '../membership/members.ts';
import { Membership, type LinkEvents } from '../membership/membership.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { IsCredible } from '../mesh/claimed-lives.ts';
import { takesOf } from '../mesh/limits.ts';
import type { Link } from '../mesh/link.ts';
import type { Hello } from '../mesh/message.ts';
import type { RequestHandler } from '../mesh/peer-connection.ts';
import { OUR_VERSIONS } from '../mesh/wire-version.ts';
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

/** What a link to a peer needs of its node. */
export interface LinkWiring {
  readonly events: LinkEvents;
  /** Our hello to this peer, at this moment. */
  readonly hello: () => Hello;
  readonly isCredible: IsCredible;
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

export interface NodeParts {
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
  readonly linkTo: (peer: Letter, wiring: LinkWiring) => Link;
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
export interface MeshNode {
  readonly members: Members;
  readonly tenure: Tenure;
  readonly estates: Estates;
  readonly router: Router;
  /** Every peer has one. */
  readonly links: (peer: Letter) => Link;
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

/** Builds and wires a node, from the ground up as the layers are; nothing is started. The daemon's, and each simulated one. */
export function buildNode(parts: NodeParts): MeshNode {
  const { clock, config, lives, livesFile, log, metrics, software, watcher, work } = parts;
  const { letter, limits, map, timings } = config;
  const incarnation = Math.max(clock.now(), lives.served + 1);

  const ends = new Ends({
    limit: limits.ledgerEntries,
    clock,
    unopposedUntil: () => membership.confirmedByAllAt(),
    wasApart: lives.wasApart(map.letters),
  });
  const engines = buildEngines({ ...parts, memory: { ...parts.memory, ends }, incarnation });
  const { engine, versions } = engines;
  const estates = buildEstates({ ...parts, shelfOf: engines.shelfOf });

  const former = { hasSessions: parts.isStoreKept };
  const membership: Membership = new Membership({
    ...{ letter, map, timings, incarnation, lives, livesFile, estates, clock, log, metrics, random: parts.random },
    links: (peer) => links(peer),
    sessions: {
      hasFormer: () => former.hasSessions,
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
      isMinted: (id) => parts.ids.isMinted(id),
      apply: (entry) => engine.settle(entry),
      recordVersions: engines.recordVersions,
    },
    watcher: {
      changed: (peer, from, to) => watcher.changed?.(peer, from, to),
      // The connections of its clients ended with that incarnation.
      incarnationEnded: (peer) => {
        engine.releaseLocksOf(peer);
        estates.releaseLocksOf(peer);
      },
      lost: (why) => watcher.lost?.(why),
      began: (life) => {
        watcher.beganLife?.();
        versions.raise(life);
      },
      served: () => {
        former.hasSessions = true;
        watcher.served?.();
      },
      joinFailed: watcher.joinFailed,
    },
  });
  const { isCredible, members, tenure } = membership;

  const hello = (to: Letter): Hello => ({
    ...{ ...OUR_VERSIONS, letter, to, software, takes: takesOf(config) },
    ...{ incarnation: tenure.incarnation, phase: tenure.phase, mapDigest: map.digest },
  });
  const buildLink = (peer: Letter): Link =>
    parts.linkTo(peer, { hello: () => hello(peer), isCredible, events: membership.linkEvents(peer) });
  const linkOf = new Map(members.letters.map((peer) => [peer, buildLink(peer)]));
  const links = (peer: Letter): Link => {
    const link = linkOf.get(peer);
    if (link === undefined) throw new RangeError(`${peer} is not a peer of this node`);
    return link;
  };

  const executor = new LocalExecutor({ engine, estates, tenure, livesFile });
  const forwarder = new Forwarder({ links, clock, metrics, inFlightPerLink: limits.inFlightPerLink });
  const router = new Router({ letter, map, members, executor, forwarder, timings, clock, log, metrics });
  const desk = new PeerDesk({
    ...{ letter, map, membership, executor, forwarder, links, timings, work, clock, metrics },
  });

  return {
    ...{ members, tenure, estates, router, links, isCredible, hello },
    answer: (from, request) => desk.answer(from, request),
    called: (from) => {
      membership.heard(from.letter, from.incarnation);
      links(from.letter).nudge();
    },
    start: () => {
      for (const link of linkOf.values()) link.open();
      membership.start();
    },
    farewell: (mode) => membership.leave(mode),
    close: () => membership.close(),
  };
}
