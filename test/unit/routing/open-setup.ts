import type { Engine } from '../../../src/engine/engine.ts';
import { standInFor } from '../../../src/membership/stand-in.ts';
import type { Opened, OpenReply, OpenRequest } from '../../../src/routing/open-reply.ts';
import { open, type OpenRouter } from '../../../src/routing/open.ts';
import type { Placement } from '../../../src/routing/placement.ts';
import { SingleFlight } from '../../../src/routing/single-flight.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { ownerLetter } from '../../../src/session/session-id.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { doneOf, json, setUpEngine } from '../engine/engine-setup.ts';
import { mapOf } from '../session/letters.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

export const ALIAS_MS = 60_000;

/**
 * Four nodes without links between them: real engines, and a real estate for each dead owner. A test may kill and
 * revive owners, answer a command itself, and act between a command and its answer.
 */
export class FakeMesh {
  /** The answer to the next command of this kind is lost on its way back. */
  loses: SessionCommand['kind'] | undefined;
  readonly clock = new FakeClock();
  readonly map = mapOf('abcd');
  /** Every command that was asked for, as `open b0123…`, in order; `mint c` for a session made on c. */
  readonly asked: string[] = [];
  /** Ids minted so far. */
  readonly minted: string[] = [];
  /** Answers that a test gives in place of whoever would: each once, to the first command that fits. */
  readonly scripted: { readonly kind: SessionCommand['kind']; readonly id?: string; readonly reply: Reply }[] = [];
  /** Called when a command has been answered, before its caller hears of it. */
  answered: (command: SessionCommand, reply: Reply) => void = () => undefined;
  /** Answers a minting in place of the node. */
  answerMint: () => Reply | undefined = () => undefined;
  readonly #engines: ReadonlyMap<Letter, Engine>;
  readonly #estates = new Map<Letter, Estate>();

  constructor() {
    this.#engines = new Map(
      this.map.letters.map((letter) => [letter, setUpEngine({ clock: this.clock, letter, queueLimit: 100 }).engine]),
    );
  }

  /** From now on the next node stands in for this one. */
  kill(owner: Letter): Estate {
    const shelf = setUpEngine({ clock: this.clock, letter: owner }).engine;
    const ledger = ledgerOf(1000);
    const estate = new Estate({ shelf, ledger, aliasMs: ALIAS_MS, clock: this.clock, onNoted: () => undefined });
    this.#estates.set(owner, estate);
    return estate;
  }

  /** The owner is back with all that it had; what was done on its behalf is not settled unless the test does so. */
  revive(owner: Letter): void {
    this.#estates.delete(owner);
  }

  engine(letter: Letter): Engine {
    const engine = this.#engines.get(letter);
    if (engine === undefined) throw new RangeError(`no node ${letter}`);
    return engine;
  }

  /** A session of this owner, with data of its own. */
  async session(owner: Letter): Promise<string> {
    return doneOf(await this.engine(owner).mint(json({ of: owner }))).id;
  }

  async isThere(id: string): Promise<boolean> {
    const engine = this.engine(ownerLetter(id, this.map));
    return (await engine.execute({ kind: 'get', id }, Infinity)).kind === 'done';
  }

  /** The minted sessions that are still there. */
  async living(): Promise<string[]> {
    const areThere = await Promise.all(this.minted.map((id) => this.isThere(id)));
    return this.minted.filter((_, at) => areThere[at] === true);
  }

  /** Opening through this node. */
  node(self: Letter): (request: OpenRequest) => Promise<OpenReply> {
    const successions = new SingleFlight<OpenReply>();
    const router: OpenRouter = {
      mint: async ({ content, ttlSeconds }) => {
        this.asked.push(`mint ${self}`);
        const reply = this.answerMint() ?? (await this.engine(self).mint(content, ttlSeconds));
        if (reply.kind === 'done') this.minted.push(reply.id);
        return reply;
      },
      dispatch: async (command) => {
        this.asked.push(`${command.kind} ${command.id}`);
        const reply = this.#takeScripted(command) ?? (await this.#execute(command));
        if (this.loses === command.kind) {
          this.loses = undefined;
          return { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' };
        }
        this.answered(command, reply);
        return reply;
      },
      ownerOf: (id) => ownerLetter(id, this.map),
      placementOf: (id) => this.#place(ownerLetter(id, this.map), self),
      giveBack: (id, token) => void this.#execute({ kind: 'unlock', id, token }),
    };
    return async (request) => open(request, router, this.map, successions);
  }

  #takeScripted(command: SessionCommand): Reply | undefined {
    const at = this.scripted.findIndex(({ kind, id }) => kind === command.kind && (id ?? command.id) === command.id);
    return at < 0 ? undefined : this.scripted.splice(at, 1)[0]?.reply;
  }

  async #execute(command: SessionCommand): Promise<Reply> {
    const owner = ownerLetter(command.id, this.map);
    const deadlineAt = this.clock.monotonic() + 250;
    const estate = this.#estates.get(owner);
    if (estate !== undefined) return estate.execute(command, deadlineAt);
    if (command.kind === 'succeed') return { kind: 'unavailable', code: 'OWNER_RETURNED' };
    return this.engine(owner).execute(command, deadlineAt);
  }

  #place(owner: Letter, self: Letter): Placement {
    if (owner === self) return { kind: 'own' };
    if (!this.#estates.has(owner)) return { kind: 'peer', letter: owner, incarnation: 1 };
    const by = standInFor(owner, this.map, (letter) => !this.#estates.has(letter)) ?? self;
    return { kind: 'standIn', owner, incarnation: 1, by };
  }
}

/** The reply, which must be `opened`. */
export function openedOf(reply: OpenReply): Opened {
  if (reply.kind !== 'opened') throw new TypeError(`expected opened, got ${JSON.stringify(reply)}`);
  return reply;
}
