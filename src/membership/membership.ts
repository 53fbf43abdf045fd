import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import { HandshakeRefusedError, MagliaError } from '../errors.ts';
import type { IsCredible } from '../mesh/claimed-lives.ts';
import type { LinkCallbacks } from '../mesh/link.ts';
import type { PeerRequest } from '../mesh/message.ts';
import type { RequestTable } from '../mesh/request-table.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import type { Estates } from '../standin/estates.ts';
import { believe } from './believe.ts';
import { FailureDetector } from './failure-detector.ts';
import { Join } from './join.ts';
import type { LivesFile } from './lives-file.ts';
import type { Lives } from './lives.ts';
import type { MemberState } from './member-state.ts';
import { isDeath, isGone, Members } from './members.ts';
import type { PeerLinks } from './peer-link.ts';
import { Registrar } from './registrar.ts';
import { fenceAfterMs, type Silence } from './silence.ts';
import type { OwnSessions } from './take-over.ts';
import { Tenure } from './tenure.ts';
import { Witness, type WitnessKind } from './witness.ts';

/** Told as things happen. */
export interface MembershipWatcher {
  /** Before anybody acts on the change. */
  readonly changed: (peer: Letter, from: MemberState, to: MemberState) => void;
  /** An incarnation of this peer is over: nobody is left there to unlock anything. */
  readonly incarnationEnded: (peer: Letter) => void;
  /** This node lost its incarnation: others may have answered for its letter. */
  readonly lost: (why: string) => void;
  /** It took another incarnation while it joins. */
  readonly began: (incarnation: number) => void;
  readonly served: () => void;
  /** Joining never fails, other than by a fault of ours. */
  readonly joinFailed: (error: unknown) => void;
}

export interface MembershipParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly timings: TimingsConfig;
  /** The first incarnation of this process. */
  readonly incarnation: number;
  readonly lives: Lives;
  readonly livesFile: LivesFile;
  readonly estates: Estates;
  readonly links: PeerLinks;
  readonly sessions: OwnSessions;
  readonly watcher: MembershipWatcher;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'observe' | 'set'>;
  readonly random: () => number;
}

/** What a link to a peer tells of itself. */
export type LinkEvents = Pick<LinkCallbacks, 'onUp' | 'onDown' | 'onDialFailed'>;

/** How long a node that leaves waits for its peers to have heard it. */
const FAREWELL_MS = 200;

/**
 * Who is alive, and whether this node may answer: all of membership as the other layers see it. What peers ask comes in by
 * `answers`, what links tell by `linkEvents`; what it decides goes out through `members` and `tenure`, and through the watcher.
 */
export class Membership {
  readonly members: Members;
  readonly tenure: Tenure;
  /** Whether a peer may claim to be in this incarnation. */
  readonly isCredible: IsCredible;
  /** Answers the peers' requests, but for commands. */
  readonly answers: RequestTable<WitnessKind>;
  readonly #parts: MembershipParts;
  readonly #detector: FailureDetector;
  readonly #registrar: Registrar;
  readonly #witness: Witness;
  readonly #join: Join;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    const { clock, estates, letter, links, lives, livesFile, log, map, metrics, random, timings, watcher } = parts;
    this.#registrar = new Registrar({ letter, map, lives, estates });
    const registrar = this.#registrar;
    this.members = new Members({
      ...{ letter, map, clock, log, metrics },
      remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
      onChange: (peer, from, to) => this.#changed(peer, from, to),
    });
    const { members } = this;
    this.tenure = new Tenure(parts.incarnation, {
      ...{ clock, log },
      fenceAfterMs: fenceAfterMs(timings),
      askAgainMs: timings.pingMs,
      hasPeers: () => members.present().length > 0,
      askPeers: () => this.#detector.pingAll(),
      onLost: (why) => this.#lost(why),
    });
    const { tenure } = this;
    this.isCredible = believe({ letter, members, lives, tenure, clock });
    this.#detector = new FailureDetector({
      ...{ letter, map, members, links, lives, tenure, timings, clock, log, metrics },
      onJudged: (by) => this.#witness.noteJudgedBy(by),
    });
    const detector = this.#detector;
    this.#witness = new Witness({
      ...{ letter, map, members, detector, links, lives, livesFile, estates, tenure, timings, clock },
    });
    this.answers = this.#witness.answers;
    this.#join = new Join({
      ...{ letter, members, links, lives, livesFile, tenure, detector, registrar, timings, clock, log, random },
      sessions: parts.sessions,
      onIncarnation: watcher.began,
    });
  }

  /** A sign of life of this peer, in this incarnation, on a connection that it has dialled. */
  heard(peer: Letter, incarnation: number): void {
    this.#detector.heardFrom(peer, incarnation);
  }

  silenceOf(peer: Letter): Silence {
    return this.#detector.silenceOf(peer);
  }

  /** Monotonic: up to then every peer surely considered us alive, so that none can have stood in for us. */
  confirmedByAllAt(): number {
    return this.#detector.confirmedByAllAt();
  }

  linkEvents(peer: Letter): LinkEvents {
    return {
      onUp: () => this.#detector.linkUp(peer),
      onDown: () => this.#detector.linkLost(peer),
      onDialFailed: (cause, error) => {
        // Nobody listens there: hard evidence of a death.
        if (cause === 'refused') this.#detector.dialRefused(peer);
        if (error instanceof HandshakeRefusedError) this.#detector.dialRejected(peer, error.refusal);
      },
    };
  }

  /** Watches the peers, and joins. The links have to be open. */
  start(): void {
    this.#detector.start();
    this.#joinMesh();
  }

  /** Answers for nothing any more, and tells the peers so: for good, or that the next daemon is about to come. */
  async leave(mode: 'stop' | 'restart'): Promise<void> {
    // What a join asks for after the farewell would take that back.
    this.#join.close();
    this.tenure.leave();
    const { clock, links, timings } = this.#parts;
    const { incarnation } = this.tenure;
    const request: PeerRequest =
      mode === 'stop' ? { kind: 'goodbye', incarnation } : { kind: 'pause', incarnation, forMs: timings.pauseMs };
    const deadlineAt = clock.monotonic() + FAREWELL_MS;
    const told = this.members.letters.map((peer) =>
      links(peer)
        .request(request, deadlineAt)
        .catch((error: unknown) => {
          // A peer that cannot be told finds out by itself.
          if (!(error instanceof MagliaError)) throw error;
        }),
    );
    await Promise.all(told);
  }

  /** Its timers end. */
  close(): void {
    this.#join.close();
    this.#detector.close();
  }

  /** On record before anybody acts on it. */
  #changed(peer: Letter, from: MemberState, to: MemberState): void {
    const { watcher } = this.#parts;
    watcher.changed(peer, from, to);
    this.#registrar.register(peer, to, this.members);
    if (isGone(to) || to.incarnation !== from.incarnation) watcher.incarnationEnded(peer);
    if (isDeath(from, to)) this.#witness.noteDeath(peer);
    if (this.members.present().length === 0) this.tenure.peersGone();
  }

  #lost(why: string): void {
    this.#parts.watcher.lost(why);
    this.#registrar.closeEstates(this.members);
    this.#joinMesh();
  }

  #joinMesh(): void {
    const { watcher } = this.#parts;
    this.#join.run().then(watcher.served, watcher.joinFailed);
  }
}
