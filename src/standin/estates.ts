import type { Letter } from '../session/letter.ts';
import type { Estate } from './estate.ts';

/** One account of what was done on a dead owner's behalf. */
export interface Account {
  /** Names it, for as long as this process runs. */
  readonly number: number;
  /** The owner's life on whose behalf it was done. */
  readonly life: number;
  readonly estate: Estate;
  /** Nothing is answered from it any more: others may have acted since. It is there to be handed back. */
  readonly isClosed: boolean;
}

/** More closed accounts of one owner than this are not kept apart: then the owner drops all it has. */
const MOST_CLOSED = 4;

/** The estates of the dead owners, from the death of each until they are handed back. */
export class Estates {
  readonly #openEstate: (owner: Letter, isComplete: boolean) => Estate;
  readonly #lifeOf: (owner: Letter) => number;
  readonly #open = new Map<Letter, Account>();
  readonly #closed = new Map<Letter, readonly Account[]>();
  /** Owners of whom another stand-in has what was open here. */
  readonly #handedOver = new Set<Letter>();
  #numbers = 0;

  /** @param lifeOf the life that was declared dead last */
  constructor(open: (owner: Letter, isComplete: boolean) => Estate, lifeOf: (owner: Letter) => number) {
    this.#openEstate = open;
    this.#lifeOf = lifeOf;
  }

  /** Opens the estate of an owner that was declared dead, unless it is open. */
  begin(owner: Letter, isComplete: boolean): Estate {
    const account = this.#open.get(owner) ?? this.#account(owner, isComplete || this.#handedOver.has(owner));
    this.#open.set(owner, account);
    this.#handedOver.delete(owner);
    return account.estate;
  }

  /** The open one. */
  get(owner: Letter): Estate | undefined {
    return this.#open.get(owner)?.estate;
  }

  accountsOf(owner: Letter): readonly Account[] {
    const open = this.#open.get(owner);
    return [...(open === undefined ? [] : [open]), ...(this.#closed.get(owner) ?? [])];
  }

  /** Closes the open estate and begins another: the node that stood in meanwhile does not know what stands in it. */
  close(owner: Letter): void {
    const open = this.#open.get(owner);
    if (open === undefined || open.estate.isBlank) return;
    this.#keepClosed(owner, open);
    this.#open.set(owner, this.#account(owner, true));
  }

  /** Another stand-in has the open one from now on. @param isWhole whether it surely has all of it; else we keep it, closed */
  handOver(owner: Letter, isWhole: boolean): void {
    const open = this.#open.get(owner);
    if (open === undefined) return;
    if (!isWhole) this.#keepClosed(owner, open);
    this.#open.delete(owner);
    this.#handedOver.add(owner);
  }

  /** Whether what was open is another's now, so that nothing is missing here. */
  isHandedOver(owner: Letter): boolean {
    return this.#handedOver.has(owner);
  }

  /** The owner died in a later life, which may have begun without our account of the one before. */
  supersede(owner: Letter): void {
    const open = this.#open.get(owner);
    if (open !== undefined && !open.estate.isUntouched) this.#keepClosed(owner, open);
    this.#open.delete(owner);
    this.#handedOver.delete(owner);
  }

  /** The owner has it, or nothing of what it could tell of. */
  drop(owner: Letter): void {
    this.#open.delete(owner);
    this.#closed.delete(owner);
    this.#handedOver.delete(owner);
  }

  /** Resolves when nothing that had begun is still under way. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#all()].map(({ estate }) => estate.quiet()));
  }

  /** Frees what clients of this node hold or queue for, of all dead owners' sessions. */
  releaseLocksOf(holder: Letter): void {
    for (const { estate } of this.#all()) estate.releaseLocksOf(holder);
  }

  #keepClosed(owner: Letter, account: Account): void {
    const former = (this.#closed.get(owner) ?? []).filter(({ estate }) => !estate.isUntouched);
    const isOneTooMany = former.length >= MOST_CLOSED;
    if (isOneTooMany) account.estate.markIncomplete();
    this.#closed.set(owner, [...(isOneTooMany ? [] : former), { ...account, isClosed: true }]);
  }

  *#all(): Iterable<Account> {
    yield* this.#open.values();
    for (const accounts of this.#closed.values()) yield* accounts;
  }

  #account(owner: Letter, isComplete: boolean): Account {
    this.#numbers += 1;
    const life = this.#lifeOf(owner);
    return { number: this.#numbers, life, estate: this.#openEstate(owner, isComplete), isClosed: false };
  }
}
