import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join as joinPath } from 'node:path';
import type { Logger } from 'pino';
import { LongWork } from '../../../src/long-work.ts';
import type { Config } from '../../../src/config/config.ts';
import { Ends } from '../../../src/engine/ends.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { Locks } from '../../../src/engine/locks.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Turns } from '../../../src/engine/turns.ts';
import { Vault, type VaultParts } from '../../../src/engine/vault.ts';
import { VersionFloors } from '../../../src/engine/version-floors.ts';
import { FailureDetector } from '../../../src/membership/failure-detector.ts';
import { Join } from '../../../src/membership/join.ts';
import { LivesFile } from '../../../src/membership/lives-file.ts';
import { Lives } from '../../../src/membership/lives.ts';
import { isDeath, Members } from '../../../src/membership/members.ts';
import { Registrar } from '../../../src/membership/registrar.ts';
import { fenceAfterMs } from '../../../src/membership/silence.ts';
import { Tenure } from '../../../src/membership/tenure.ts';
import { Witness } from '../../../src/membership/witness.ts';
import { WIRE_VERSION, type Hello, type PeerAnswer, type PeerRequest } from '../../../src/mesh/message.ts';
import { Forwarder } from '../../../src/routing/forwarder.ts';
import { LocalExecutor } from '../../../src/routing/local-executor.ts';
import { PeerDesk } from '../../../src/routing/peer-desk.ts';
import { Router } from '../../../src/routing/router.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { LetterMap } from '../../../src/session/letter-map.ts';
import { MintedIds } from '../../../src/session/minted-ids.ts';
import { ENVELOPE_BYTES } from '../../../src/session/record.ts';
import { firstVersionsAt, Versions } from '../../../src/session/version.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { Ledger } from '../../../src/standin/ledger.ts';
import { LifeClock } from '../../../src/store/life-clock.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import type { SimDisk } from './sim-disk.ts';
import { SimLink } from './sim-link.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import { SimStore, type SimMemcached } from './sim-store.ts';

/** What a simulated daemon tells the simulation. */
export interface SimNodeWatcher {
  readonly changed: (node: Letter, peer: Letter, from: string, to: string) => void;
  readonly noted: (node: Letter, owner: Letter, outcome: string) => void;
  readonly wiped: (node: Letter) => void;
  /** It dropped the sessions whose ids no node minted. */
  readonly resetUnminted: (node: Letter) => void;
  readonly lost: (node: Letter, why: string) => void;
  readonly served: (node: Letter) => void;
  /** It took another life while it joins. */
  readonly beganLife: (node: Letter) => void;
  /** What must never be: an error that nobody expected. */
  readonly failed: (node: Letter, error: unknown) => void;
}

export interface SimNodeParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly config: Pick<Config, 'timings' | 'session' | 'limits'>;
  readonly network: SimNetwork;
  readonly process: SimProcess;
  readonly memcached: SimMemcached;
  /** Whether the memcached ran before, with what a former daemon put into it. */
  readonly isStoreKept: boolean;
  readonly disk: SimDisk;
  /** Its files, which outlive the daemon. */
  readonly runtimeDirectory: string;
  readonly bootId: string;
  readonly log: Logger;
  readonly watcher: SimNodeWatcher;
}

const NO_METRICS = { count: () => undefined, set: () => undefined, observe: () => undefined };

const SOFTWARE = 'simulated';

/** All nodes have the same secret. */
const IDS = new MintedIds(Buffer.from('the secret of the simulated mesh'));

/** As in `daemon.ts`. */
const FAREWELL_MS = 200;

/** Simulated time stands still meanwhile. */
function writeAtOnce(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return Promise.resolve();
}

/** One life of a daemon, from real parts; only its clock, its links and its store are simulated. Wired as `daemon.ts` does. */
export class SimNode {
  readonly letter: Letter;
  readonly process: SimProcess;
  readonly members: Members;
  readonly tenure: Tenure;
  readonly router: Router;
  readonly store: SimStore;
  readonly lives: Lives;
  readonly estates: Estates;
  readonly #parts: SimNodeParts;
  readonly #links: ReadonlyMap<Letter, SimLink>;
  readonly #detector: FailureDetector;
  readonly #desk: PeerDesk;
  readonly #recall: Recall;
  readonly #hot: HotRecords;
  readonly #joinMesh: () => void;
  readonly #hello: (to: Letter) => Hello;
  readonly #lifeClock: LifeClock;

  constructor(parts: SimNodeParts) {
    const { letter, map, network, process, memcached, log, watcher } = parts;
    const { timings, session, limits } = parts.config;
    const { clock } = process;
    const metrics = NO_METRICS;
    this.#parts = parts;
    this.letter = letter;
    this.process = process;

    const recall = new Recall(limits.recalledSessions);
    const store = new SimStore(memcached, process, network.world, network.random, timings.storeMs);
    const { disk } = parts;
    const livesFile = new LivesFile({
      disk: disk.for(process, network.world, network.random),
      ...{ path: 'lives.json', clock, log },
    });
    const lives = new Lives({ text: disk.text, onChanged: (text) => livesFile.changed(text) });
    const lifeClock = new LifeClock({
      ...{ clock, bootId: parts.bootId, path: joinPath(parts.runtimeDirectory, 'clock.json') },
      write: writeAtOnce,
    });
    lifeClock.keep().catch((error: unknown) => watcher.failed(letter, error));
    const incarnation = Math.max(clock.now(), lives.served + 1);
    const { served, unmintedFloor: unminted, versionsLead: lead } = lives;
    const moment = { incarnation, served, monotonicMs: clock.monotonic(), lifeMs: lifeClock.now(), lead };
    const versions = new Versions(firstVersionsAt({ ...moment, floor: unminted }));
    const ids = IDS;
    const isMinted = (id: string): boolean => ids.isMinted(id);

    // Half of the nodes keep records at hand, so that every run tries both.
    const hotRecords = new HotRecords(letter.charCodeAt(0) % 2);

    const ends = new Ends({
      limit: limits.ledgerEntries,
      clock,
      unopposedUntil: () => detector.confirmedByAllAt(),
      wasApart: lives.wasApart(map.letters),
    });
    const work = new LongWork();
    const buildEngine = (vault: Omit<VaultParts, 'clock' | 'log'>, owner: Letter): Engine =>
      new Engine({
        letter: owner,
        ids,
        vault: new Vault({ ...vault, clock: lifeClock, log }),
        turns: new Turns(limits.queuePerSession),
        locks: new Locks(clock, session.lockSeconds * 1000, limits.queuePerSession),
        ...{ versions, session, allowsFlush: true, work, clock: lifeClock, log },
      });
    const floors = new VersionFloors({ letter, ids, unminted, moved: 0 });
    const engine = buildEngine({ store, recall, hot: hotRecords, ends, floors }, letter);

    const buildShelf = (owner: Letter): Engine => {
      const { shelfMegabytes, recalledSessions } = limits;
      const maxRecordBytes = session.maxBytes + ENVELOPE_BYTES;
      const shelf = new MemoryStore({ megabytes: shelfMegabytes, maxRecordBytes, clock, metrics });
      return buildEngine({ store: shelf, recall: new Recall(recalledSessions), hot: new HotRecords(0) }, owner);
    };
    const estates = new Estates(
      (owner, isComplete) =>
        new Estate({
          shelf: buildShelf(owner),
          ledger: new Ledger({ limit: limits.ledgerEntries, isComplete, isMinted }),
          aliasMs: session.tombstoneSeconds * 1000,
          clock,
          onNoted: (_id, outcome) => {
            lives.touch(owner);
            watcher.noted(letter, owner, outcome);
          },
        }),
      (owner) => lives.of(owner)?.incarnation ?? 0,
    );

    const registrar = new Registrar({ letter, map, lives, estates });
    const members: Members = new Members({
      ...{ letter, map, clock, log, metrics },
      remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
      onChange: (peer, from, to) => {
        watcher.changed(letter, peer, from.kind, to.kind);
        registrar.register(peer, to, members);
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
        watcher.lost(letter, why);
        registrar.closeEstates(members);
        joinMesh();
      },
    });

    const hello = (to: Letter): Hello => ({
      ...{ wireVersion: WIRE_VERSION, letter, to, software: SOFTWARE },
      ...{ incarnation: tenure.incarnation, phase: tenure.phase, mapDigest: map.digest },
    });
    const buildLink = (peer: Letter): SimLink =>
      new SimLink({
        ...{ from: letter, to: peer, network, process, hello },
        dialMs: timings.dialMs,
        inFlightLimit: limits.inFlightPerLink,
        callbacks: {
          onUp: () => detector.linkUp(peer),
          onDown: () => detector.linkLost(peer),
          onDialRefused: () => detector.dialRefused(peer),
          onDialRejected: (refusal) => detector.dialRejected(peer, refusal),
        },
      });
    const linkOf = new Map(members.letters.map((peer) => [peer, buildLink(peer)]));
    const links = (peer: Letter): SimLink => {
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
      ...{ letter, members, links, lives, livesFile, tenure, timings, clock, log },
      isRefusing: (peer) => detector.isRefusing(peer),
      rejectionBy: (peer) => detector.rejectionBy(peer),
      random: () => network.random.next(),
      isAsGoodAsDead: (peer) => detector.isAsGoodAsDead(peer),
      hasJudgedUs: (peer) => detector.hasJudgedUs(peer),
      hasFormerSessions: () => former.hasSessions,
      knowsEnds: () => ends.areAllKnown,
      wipe: async () => {
        watcher.wiped(letter);
        await engine.wipe();
        former.hasSessions = false;
      },
      apply: (owner, entry) => (owner === letter ? engine.settle(entry) : registrar.estateOf(owner).inherit(entry)),
      inheritIncomplete: (owner) => registrar.estateOf(owner).markIncomplete(),
      resetUnminted: async () => {
        watcher.resetUnminted(letter);
        lives.raiseUnmintedFloor(await engine.resetUnminted());
      },
      recordVersions: () => lives.recordVersionsLead(versions.leadOver(lifeClock.now())),
      isMinted,
      inheritForgotten: (owner) => registrar.estateOf(owner).forgetUnminted(),
      inheritGap: (owner, by) => registrar.estateOf(owner).markGap(by),
      onIncarnation: (life) => {
        watcher.beganLife(letter);
        versions.raise(life);
      },
    });
    const joinMesh = (): void => {
      join.run().then(
        () => {
          former.hasSessions = true;
          watcher.served(letter);
        },
        (error: unknown) => watcher.failed(letter, error),
      );
    };

    const executor = new LocalExecutor({ engine, estates, tenure, livesFile });
    const forwarder = new Forwarder({ links, clock, metrics, inFlightPerLink: limits.inFlightPerLink });
    this.router = new Router({ letter, map, members, executor, forwarder, timings, clock, log, metrics });
    this.#desk = new PeerDesk({
      ...{ letter, map, members, witness, tenure, executor, forwarder, detector, links, timings, work, clock, metrics },
    });

    this.members = members;
    this.tenure = tenure;
    this.store = store;
    this.lives = lives;
    this.estates = estates;
    this.#links = linkOf;
    this.#detector = detector;
    this.#recall = recall;
    this.#hot = hotRecords;
    this.#joinMesh = joinMesh;
    this.#hello = hello;
    this.#lifeClock = lifeClock;
  }

  start(): void {
    const { letter, network, config } = this.#parts;
    network.listen(letter, {
      process: this.process,
      hello: this.#hello,
      handler: (from, request) => this.#answer(from, request),
      onHello: (hello) => {
        this.#detector.heardFrom(hello.letter, hello.incarnation);
        this.#links.get(hello.letter)?.nudge();
      },
      suspectAfterMs: config.timings.suspectAfterMs,
    });
    for (const link of this.#links.values()) link.open();
    this.#detector.start();
    this.#joinMesh();
  }

  /** Answers nothing any more, and says goodbye or asks for patience. Resolves when all have heard it, or will not. */
  async farewell(mode: 'stop' | 'restart'): Promise<void> {
    this.tenure.leave();
    const { incarnation } = this.tenure;
    const { pauseMs } = this.#parts.config.timings;
    const farewell: PeerRequest =
      mode === 'stop' ? { kind: 'goodbye', incarnation } : { kind: 'pause', incarnation, forMs: pauseMs };
    const deadlineAt = this.process.clock.monotonic() + FAREWELL_MS;
    await Promise.allSettled([...this.#links.values()].map((link) => link.request(farewell, deadlineAt)));
  }

  isLinkedTo(peer: Letter): boolean {
    return this.#links.get(peer)?.state.kind === 'up';
  }

  /** The memcached died and another was started. */
  storeLost(): void {
    const { config } = this.#parts;
    this.#hot.forgetAll();
    this.#recall.lostAll('store-lost', this.#lifeClock.now() + config.session.ttlSeconds * 1000);
  }

  async #answer(from: Hello, request: PeerRequest): Promise<PeerAnswer> {
    try {
      return await this.#desk.answer(from, request);
    } catch (error) {
      this.#parts.watcher.failed(this.letter, error);
      throw error;
    }
  }
}
