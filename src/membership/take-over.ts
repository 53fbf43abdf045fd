import type { Logger } from 'pino';
import type { OfferedEstate, PeerAnswer, PeerRequest } from '../mesh/message.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { Letter } from '../session/letter.ts';
import { Disputes } from '../standin/disputes.ts';
import type { Estate } from '../standin/estate.ts';
import type { AnsweredPeer } from './join-judgement.ts';
import type { Lives } from './lives.ts';
import type { Members } from './members.ts';
import type { Tenure } from './tenure.ts';

/** The sessions of this node's own letter, as membership asks of them and decides over them. */
export interface OwnSessions {
  /** Whether the store holds sessions of a former incarnation. */
  readonly hasFormer: () => boolean;
  /** Whether we know all that was destroyed here while a peer may have stood in for us. */
  readonly knowsEnds: () => boolean;
  /** Drops every session of the former incarnation: reset, not old. */
  readonly wipe: () => Promise<void>;
  /** Resets every session of the former incarnation whose id no node minted, for good, also for later daemons. */
  readonly resetUnminted: () => Promise<void>;
  readonly isMinted: (id: string) => boolean;
  /** What was done on our behalf. */
  readonly apply: (entry: EstateEntry) => Promise<void>;
  /** What the next daemon has to know of our records' versions is on its way to the file of lives. */
  readonly recordVersions: () => void;
}

/** The estates of the owners for whom this node stands in from now on. */
interface InheritedEstates {
  readonly estateOf: (owner: Letter) => Pick<Estate, 'inherit' | 'markIncomplete' | 'forgetUnminted' | 'markGap'>;
}

export interface TakeOverParts {
  readonly letter: Letter;
  readonly members: Members;
  readonly lives: Lives;
  readonly tenure: Pick<Tenure, 'incarnation'>;
  readonly sessions: OwnSessions;
  readonly registrar: InheritedEstates;
  readonly log: Logger;
}

/** Of what something is missing that nobody can tell. */
export interface Doubts {
  readonly all: boolean;
  /** What was done with ids that no node minted. */
  readonly unminted: boolean;
}

type Ask = (letter: Letter, request: PeerRequest) => Promise<PeerAnswer>;

/** What a joining node takes over from its peers: what was done in its own name, and in those for whom it stands in now. */
export class TakeOver {
  readonly #parts: TakeOverParts;
  readonly #ask: Ask;
  /** By owner: what was applied of its estate, and from whose account. */
  readonly #disputes = new Map<Letter, Disputes>();
  /** By account: how far it was collected in this try. */
  readonly #cursors = new Map<string, number>();
  #hasKept = false;

  constructor(parts: TakeOverParts, ask: Ask) {
    this.#parts = parts;
    this.#ask = ask;
  }

  /** Something of what peers kept on our behalf is in our store, which can be old like whatever else is there. */
  get hasKept(): boolean {
    return this.#hasKept;
  }

  /** Another try: peers may have other accounts by now. */
  begin(): void {
    this.#cursors.clear();
  }

  /** We serve: what comes later is another story. */
  end(): void {
    this.#disputes.clear();
    this.#hasKept = false;
  }

  /** @param doubts what was kept on our behalf could be older than what is missing, so that it is reset */
  async collect(
    { letter: from, history }: AnsweredPeer,
    doubts: Doubts = { all: false, unminted: false },
  ): Promise<void> {
    for (const estate of history.estates) {
      const { account, letter, life } = estate;
      const isOwn = letter === this.#parts.letter;
      if (!isOwn && !this.#inheritsFrom(estate)) continue;
      const isOutdated = isOwn && (doubts.all || life < this.#parts.lives.served || !this.#knowsEnds(from));
      const isDoubted = (id: string): boolean => isOwn && doubts.unminted && !this.#parts.sessions.isMinted(id);
      const source = `${from}${account}`;
      const disputes = this.#disputes.get(letter) ?? new Disputes();
      this.#disputes.set(letter, disputes);
      for (let more = account > 0; more;) {
        const cursor = this.#cursors.get(source) ?? 0;
        const { incarnation } = this.#parts.tenure;
        const answer = await this.#ask(from, { kind: 'collect', incarnation, letter, account, cursor });
        if (answer.kind !== 'entries') return;
        const entries = answer.entries.map((entry) => {
          return disputes.settle(entry, source, isOutdated || isDoubted(entry.id));
        });
        this.#hasKept ||= isOwn && entries.some(({ kind }) => kind === 'kept');
        await Promise.all(entries.map((entry) => this.#apply(letter, entry)));
        this.#cursors.set(source, answer.nextCursor);
        more = answer.more;
      }
    }
  }

  async #apply(owner: Letter, entry: EstateEntry): Promise<void> {
    const { letter: self, registrar, sessions } = this.#parts;
    await (owner === self ? sessions.apply(entry) : registrar.estateOf(owner).inherit(entry));
  }

  /** What was collected before is gone with the rest: it is collected again. @param heard on whose word, for who asks why */
  async wipe(why: string, heard: readonly AnsweredPeer[]): Promise<void> {
    const { letter: self, lives } = this.#parts;
    const words = heard.map(({ letter, history: { estates, isInformed, recalls, verdict } }) => {
      const own = estates.filter((estate) => estate.letter === self);
      return { letter, isInformed, verdict, recalls, settled: lives.settledWith(letter), estates: own };
    });
    this.#parts.log.warn(
      { why, served: lives.served, heard: words },
      'dropping all sessions of the former life: reset, not old',
    );
    await this.#parts.sessions.wipe();
    this.#disputes.get(this.#parts.letter)?.clear();
    this.#cursors.clear();
    this.#hasKept = false;
  }

  /** What was applied before stays: what was kept under such an id is reset with the rest. */
  async resetUnminted(): Promise<void> {
    this.#parts.log.warn('dropping the sessions of the former life whose ids no node minted: reset, not old');
    await this.#parts.sessions.resetUnminted();
  }

  /** What was kept could be what was destroyed here, where that is forgotten (S5). */
  #knowsEnds(from: Letter): boolean {
    if (this.#parts.sessions.knowsEnds()) return true;
    this.#parts.log.warn({ from }, 'what was destroyed here is not all known: what was kept elsewhere is reset');
    return false;
  }

  /** What is missing in another's estate is missing with us from now on. False where it belongs to a life that is history. */
  #inheritsFrom({ complete, gapsBy, forgetsUnminted, letter: owner, life }: OfferedEstate): boolean {
    const { lives, members, registrar } = this.#parts;
    const state = members.stateOf(owner);
    if (life < (state.kind === 'returning' ? state.former : state).incarnation) return false;
    if (complete && !forgetsUnminted) return true;
    const estate = registrar.estateOf(owner);
    if (forgetsUnminted) estate.forgetUnminted();
    if (!complete && gapsBy.length === 0) estate.markIncomplete();
    for (const by of gapsBy) estate.markGap(by);
    lives.touchByAnother(owner);
    return true;
  }
}
