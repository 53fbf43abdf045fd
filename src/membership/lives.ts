import { isIncarnation } from '../session/incarnation.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import { isVersion } from '../session/version.ts';

/** What this node knows of one peer's latest life. */
export interface KnownLife {
  readonly incarnation: number;
  readonly state: 'alive' | 'dead' | 'left';
  /** We took part in every decision about this life since we saw it alive, so our word about it counts. */
  readonly isWitnessed: boolean;
  /** We did something on its behalf: forgetting that would be forgetting a reset. */
  readonly isTouched: boolean;
}

interface Remembered {
  served: number;
  peers: Record<string, KnownLife>;
  /** By peer, the life of ours since which it can have done nothing on our behalf that we have not taken over. */
  settled: Record<string, number>;
  /** The latest life of each peer that we witnessed at any time. */
  recalled: Record<string, number>;
  /** The latest life of each peer on whose behalf something was done here that it has not taken over. */
  untaken: Record<string, number>;
  /** Below this version nothing counts of what our store has under ids that no node minted; 0: all does. */
  unmintedFloor: number;
  /** The same of what it has under ids that do not begin with our letter. */
  movedFloor: number;
  /** By which such ids find their owner; '' in the files of earlier releases. */
  placement: string;
  /** By how many milliseconds the versions of our records are ahead of the clock that their lives are counted by. */
  versionsLead: number;
}

export interface LivesParts {
  /** What the former daemon of this host wrote down; undefined where there is nothing, or nothing that can be read. */
  readonly text?: string | undefined;
  /** Told at each change what the next daemon has to know. */
  readonly onChanged?: (text: string) => void;
  /** Told what of the text is not believed. */
  readonly onProblem?: (why: string) => void;
}

/**
 * What a node must still know after a restart to keep S1: which of its own lives last answered for its letter, and which
 * lives of its peers it saw alive or declared dead. `LivesFile` writes it down, whole, at each of these rare changes.
 */
export class Lives {
  readonly #onChanged: (text: string) => void;
  readonly #file: Remembered;
  /** What was untaken when this process began: of that nobody here knows what it was. */
  readonly #forgotten: Map<string, number>;

  /** One without a text, or with one that is torn, is an empty memory, which vouches for nobody. */
  constructor({ text, onChanged = () => undefined, onProblem = () => undefined }: LivesParts = {}) {
    this.#onChanged = onChanged;
    this.#file = text === undefined ? nothing() : readLives(text, onProblem);
    this.#forgotten = new Map(Object.entries(this.#file.untaken));
  }

  /** What the next daemon has to know. */
  get text(): string {
    return JSON.stringify(this.#file);
  }

  /** The incarnation under which this node last answered for its letter; 0: never, as far as it knows. */
  get served(): number {
    return this.#file.served;
  }

  /** The life of ours since which this peer can have done nothing on our behalf that we have not taken over; 0: none. */
  settledWith(letter: Letter): number {
    return this.#file.settled[letter] ?? 0;
  }

  /** @param settledWith peers that can have done nothing in the name of an earlier life that still matters in this one */
  recordServed(incarnation: number, settledWith: readonly Letter[] = []): void {
    this.#file.served = incarnation;
    for (const letter of settledWith) this.#file.settled[letter] = incarnation;
    this.#changed();
  }

  /** Below this version nothing counts of what our store has under ids that no node minted; 0: all does. */
  get unmintedFloor(): number {
    return this.#file.unmintedFloor;
  }

  raiseUnmintedFloor(version: number): void {
    this.#file.unmintedFloor = Math.max(this.#file.unmintedFloor, version);
    this.#changed();
  }

  /** Below this version nothing counts of what our store has under ids that do not begin with our letter; 0: all does. */
  get movedFloor(): number {
    return this.#file.movedFloor;
  }

  /**
   * The map, or the rule, by which ids find their owners from now on.
   *
   * @param version below it nothing counts of what was written by another map, or rule, under ids that do not begin with our letter
   * @returns whether there is any such thing
   */
  moveTo(placement: string, version: number): boolean {
    if (this.#file.placement === placement) return false;
    this.#file.placement = placement;
    if (this.#file.served > 0) this.#file.movedFloor = version;
    this.#changed();
    return this.#file.served > 0;
  }

  /** By how much the versions of our records are ahead of the clock that their lives are counted by. */
  get versionsLead(): number {
    return this.#file.versionsLead;
  }

  recordVersionsLead(ms: number): void {
    if (ms === this.#file.versionsLead) return;
    this.#file.versionsLead = ms;
    this.#changed();
  }

  of(letter: Letter): KnownLife | undefined {
    return this.#file.peers[letter];
  }

  /** Whether one of these peers was gone when this was last written: it may have been on another side of a split. */
  wasApart(letters: readonly Letter[]): boolean {
    return letters.some((letter) => (this.of(letter)?.state ?? 'alive') !== 'alive');
  }

  /** A life that was declared dead stays so, whatever we hold of it after a restart. */
  record(letter: Letter, life: Pick<KnownLife, 'incarnation' | 'state'>): void {
    const known = this.#file.peers[letter];
    const isSameLife = known?.incarnation === life.incarnation;
    if (isSameLife && known.state !== 'alive' && life.state === 'alive') return;
    const isOwed = this.untakenOf(letter) > 0 || this.forgottenOf(letter) > 0;
    if (isSameLife && known.state === life.state && !isOwed) return;
    this.#file.peers[letter] = {
      ...life,
      isWitnessed: isSameLife && known.isWitnessed,
      isTouched: isSameLife && known.isTouched,
    };
    if (life.state === 'alive') this.#forget(letter);
    this.#changed();
  }

  /**
   * The latest life of the peer on whose behalf something was done here that it has not taken over; 0: none. Its later lives may
   * have begun without us, as in a split, and still hold what we said is gone.
   */
  untakenOf(letter: Letter): number {
    return this.#file.untaken[letter] ?? 0;
  }

  /** The same, where it was done before this process began, so that nobody knows what it was. */
  forgottenOf(letter: Letter): number {
    return this.#forgotten.get(letter) ?? 0;
  }

  /**
   * The peer's life since whose beginning we remember all that we did ourselves on its behalf, in that one's or a later one's,
   * be it only that we did something; 0: none. Nothing had been done in it when we witnessed it, and we have a note of
   * whatever we did since. What others did is their word.
   */
  recalledLife(letter: Letter): number {
    return this.#file.recalled[letter] ?? 0;
  }

  /** This life surely was not declared dead up to now, and nobody can declare it dead from now on without asking us. */
  witness(letter: Letter, incarnation: number): void {
    this.record(letter, { incarnation, state: 'alive' });
    const known = this.#file.peers[letter];
    if (known?.state !== 'alive' || (known.isWitnessed && this.recalledLife(letter) === incarnation)) return;
    this.#file.peers[letter] = { ...known, isWitnessed: true };
    this.#file.recalled[letter] = incarnation;
    this.#changed();
  }

  /** Something was done here in the name of this dead owner. */
  touch(letter: Letter): void {
    const known = this.#file.peers[letter];
    if (known === undefined || (known.isTouched && this.untakenOf(letter) === known.incarnation)) return;
    this.#file.peers[letter] = { ...known, isTouched: true };
    this.#file.untaken[letter] = known.incarnation;
    this.#changed();
  }

  /** Another may have acted on its behalf: as if we had and had forgotten it, but for what each answers for itself. */
  touchByAnother(letter: Letter): void {
    const known = this.#file.peers[letter];
    if (known === undefined || known.isTouched) return;
    this.#file.peers[letter] = { ...known, isTouched: true };
    this.#changed();
  }

  /** We were away while others may have decided: from now on we vouch only for what we see from here on. */
  forgetWitnessed(): void {
    for (const [letter, life] of Object.entries(this.#file.peers)) {
      this.#file.peers[letter] = { ...life, isWitnessed: false };
    }
    this.#changed();
  }

  /** As if this node had never heard of the letter. Returns whether it had. For a daemon that does not run. */
  forgetLetter(letter: Letter): boolean {
    const { peers, recalled, settled, untaken } = this.#file;
    const isKnown = [peers, recalled, settled, untaken].some((known) => Object.hasOwn(known, letter));
    if (!isKnown) return false;
    this.#file.peers = without(peers, letter);
    this.#file.recalled = without(recalled, letter);
    this.#file.settled = without(settled, letter);
    this.#forget(letter);
    this.#changed();
    return true;
  }

  #forget(letter: Letter): void {
    this.#file.untaken = without(this.#file.untaken, letter);
    this.#forgotten.delete(letter);
  }

  #changed(): void {
    this.#onChanged(this.text);
  }
}

function without<T>(known: Readonly<Record<string, T>>, letter: Letter): Record<string, T> {
  return Object.fromEntries(Object.entries(known).filter(([each]) => each !== letter));
}

function nothing(): Remembered {
  return {
    ...{ served: 0, peers: {}, settled: {}, recalled: {}, untaken: {} },
    ...{ unmintedFloor: 0, movedFloor: 0, placement: '', versionsLead: 0 },
  };
}

function readLives(text: string, onProblem: (why: string) => void): Remembered {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    onProblem(`it is torn, so this node remembers no lives: ${String(error)}`);
    return nothing();
  }
  const ignored = (what: string): void => {
    onProblem(`${what} is not believed, for no life has that number; what it was is forgotten`);
  };
  if (typeof parsed !== 'object' || parsed === null || !('served' in parsed) || !('peers' in parsed)) return nothing();
  const { served, peers } = parsed;
  if (typeof peers !== 'object' || peers === null) return nothing();
  // Absent in the files of earlier releases.
  const unmintedFloor = 'unmintedFloor' in parsed ? parsed.unmintedFloor : 0;
  const movedFloor = 'movedFloor' in parsed ? parsed.movedFloor : 0;
  const placement = 'placement' in parsed ? parsed.placement : '';
  const versionsLead = 'versionsLead' in parsed ? parsed.versionsLead : 0;
  if (!isVersion(unmintedFloor) || !isVersion(movedFloor) || !isIncarnation(versionsLead)) {
    // Who does not know which of its records count must not vouch for any: as one that forgot, it drops them all.
    onProblem('what it says of versions cannot be, so this node remembers no lives');
    return nothing();
  }
  const known = Object.entries(peers).filter((pair): pair is [Letter, KnownLife] => {
    const isKnown = isLetter(pair[0]) && isLife(pair[1]);
    if (!isKnown) ignored(`peers.${pair[0]}`);
    return isKnown;
  });
  if (!isIncarnation(served)) ignored('served');
  const touched = known.filter(([, { isTouched }]) => isTouched);
  return {
    served: typeof served === 'number' && isIncarnation(served) ? served : 0,
    peers: Object.fromEntries(known),
    // Absent in the files of earlier releases: they recall nothing, and what they touched was not taken over.
    settled: 'settled' in parsed ? readNumbers(parsed.settled) : {},
    recalled: 'recalled' in parsed ? readNumbers(parsed.recalled) : {},
    untaken: {
      ...Object.fromEntries(touched.map(([letter, { incarnation }]) => [letter, incarnation])),
      ...('untaken' in parsed ? readNumbers(parsed.untaken) : {}),
    },
    ...{ unmintedFloor, movedFloor, placement: typeof placement === 'string' ? placement : '' },
    versionsLead: Number(versionsLead),
  };
}

function readNumbers(numbers: unknown): Record<string, number> {
  if (typeof numbers !== 'object' || numbers === null) return {};
  const known = Object.entries(numbers).filter(
    (pair): pair is [Letter, number] => isLetter(pair[0]) && isIncarnation(pair[1]),
  );
  return Object.fromEntries(known);
}

function isLife(value: unknown): value is KnownLife {
  if (typeof value !== 'object' || value === null) return false;
  const life = value as Record<keyof KnownLife, unknown>;
  return (
    isIncarnation(life.incarnation) &&
    (life.state === 'alive' || life.state === 'dead' || life.state === 'left') &&
    typeof life.isWitnessed === 'boolean' &&
    typeof life.isTouched === 'boolean'
  );
}
