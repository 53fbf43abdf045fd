import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join as joinPath } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../../../src/config/config.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { LongWork } from '../../../src/long-work.ts';
import { LivesFile } from '../../../src/membership/lives-file.ts';
import { Lives } from '../../../src/membership/lives.ts';
import type { Members } from '../../../src/membership/members.ts';
import type { Tenure } from '../../../src/membership/tenure.ts';
import { meshLimits } from '../../../src/mesh/limits.ts';
import { Link } from '../../../src/mesh/link.ts';
import { MeshServer } from '../../../src/mesh/mesh-server.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { buildNode, type MeshNode } from '../../../src/node/node.ts';
import type { Router } from '../../../src/routing/router.ts';
import type { Letter, LetterMap } from '../../../src/session/letter.ts';
import { MintedIds } from '../../../src/session/session-id.ts';
import type { Soon } from '../../../src/soon.ts';
import type { Estates } from '../../../src/standin/estates.ts';
import { LifeClock } from '../../../src/store/life-clock.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import { SimStore, type SimMemcached } from './sim-store.ts';
import { simTransport } from './sim-transport.ts';

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
const PLAIN = { kind: 'plain' } as const;

/** All nodes have the same secret. */
const IDS = new MintedIds(Buffer.from('the secret of the simulated mesh'));

/** Simulated time stands still meanwhile. */
function writeAtOnce(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return Promise.resolve();
}

/** One life of a daemon: the node that `daemon.ts` has too; only its clock, its links and its store are simulated. */
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
  readonly #node: MeshNode;
  readonly #meshServer: MeshServer;
  readonly #recall: Recall;
  readonly #hot: HotRecords;
  readonly #lifeClock: LifeClock;

  constructor(parts: SimNodeParts) {
    const { disk, letter, map, network, process, memcached, log, watcher } = parts;
    const { timings, limits } = parts.config;
    const { clock } = process;
    this.#parts = parts;
    this.letter = letter;
    this.process = process;
    this.#recall = new Recall(limits.recalledSessions);
    // Half of the nodes keep records at hand, so that every run tries both.
    this.#hot = new HotRecords(letter.charCodeAt(0) % 2);
    this.store = new SimStore(memcached, process, network.world, network.random, timings.storeMs);
    const livesFile = new LivesFile({
      disk: disk.for(process, network.world, network.random),
      ...{ path: 'lives.json', clock, log },
    });
    this.lives = new Lives({ text: disk.text, onChanged: (text) => livesFile.changed(text) });
    this.#lifeClock = new LifeClock({
      ...{ clock, bootId: parts.bootId, path: joinPath(parts.runtimeDirectory, 'clock.json') },
      write: writeAtOnce,
    });
    this.#lifeClock.keep().catch((error: unknown) => watcher.failed(letter, error));

    const transport = simTransport({ letter, map, network, process });
    const mesh = { security: PLAIN, limits: meshLimits(parts.config), transport, clock, log };
    this.#node = buildNode({
      ...{ config: { letter, map, ...parts.config }, allowsFlush: true, software: SOFTWARE, ids: IDS },
      ...{ store: this.store, isStoreKept: parts.isStoreKept, memory: { recall: this.#recall, hot: this.#hot } },
      ...{ lives: this.lives, livesFile, work: new LongWork(), clock, lifeClock: this.#lifeClock, log },
      metrics: NO_METRICS,
      random: () => network.random.next(),
      linkTo: (peer, { events, hello, isCredible }) =>
        new Link({
          ...{ ...mesh, self: letter, letter: peer, address: map.address(peer), hello, isCredible },
          random: () => network.random.next(),
          callbacks: { ...events, onState: () => undefined },
        }),
      watcher: {
        changed: (peer, from, to) => watcher.changed(letter, peer, from.kind, to.kind),
        noted: (owner, outcome) => watcher.noted(letter, owner, outcome),
        wiping: () => watcher.wiped(letter),
        resettingUnminted: () => watcher.resetUnminted(letter),
        lost: (why) => watcher.lost(letter, why),
        beganLife: () => watcher.beganLife(letter),
        served: () => watcher.served(letter),
        joinFailed: (error) => watcher.failed(letter, error),
      },
    });
    this.#meshServer = new MeshServer({
      ...{ ...mesh, letter, listen: map.address(letter), map, hello: this.#node.hello },
      isCredible: this.#node.isCredible,
      handler: (from, request) => this.#answer(from, request),
      callbacks: {
        onHello: (hello) => this.#node.called(hello),
        onRefused: () => undefined,
        onTurnedAway: () => undefined,
      },
    });
    ({ members: this.members, tenure: this.tenure, router: this.router, estates: this.estates } = this.#node);
  }

  start(): void {
    this.#meshServer.listen().then(
      () => this.#node.start(),
      (error: unknown) => this.#parts.watcher.failed(this.letter, error),
    );
  }

  /** Answers nothing any more, and says goodbye or asks for patience. Resolves when all have heard it, or will not. */
  farewell(mode: 'stop' | 'restart'): Promise<void> {
    return this.#node.farewell(mode);
  }

  isLinkedTo(peer: Letter): boolean {
    return this.#node.links(peer).state.kind === 'up';
  }

  /** The memcached died and another was started. */
  storeLost(): void {
    const { config } = this.#parts;
    this.#hot.forgetAll();
    this.#recall.lostAll('store-lost', this.#lifeClock.now() + config.session.ttlSeconds * 1000);
  }

  #answer(from: Hello, request: PeerRequest): Soon<PeerAnswer> {
    const failed = (error: unknown): never => {
      this.#parts.watcher.failed(this.letter, error);
      throw error;
    };
    try {
      const answer = this.#node.answer(from, request);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }
}
