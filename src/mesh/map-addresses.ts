import { isIP } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import { plainAddress } from '../listening/caller-address.ts';
import type { ResolveHost } from './host-lookup.ts';

/** A letter that moves to another address is known there after this long, or once it was welcomed. */
const RESOLVE_EVERY_MS = 30_000;

export interface MapAddressesParts {
  readonly map: LetterMap;
  readonly resolve: ResolveHost;
  readonly clock: Clock;
}

/**
 * The IP addresses from which peers call: those that the map's names resolve to, and the one from which each letter was
 * welcomed last, which is another one behind a translation of addresses. Names are resolved again and again, one at a time, so
 * that a resolver that hangs takes one thread.
 */
export class MapAddresses {
  readonly #parts: MapAddressesParts;
  /** By host of the map, as the resolver last answered. */
  readonly #resolved = new Map<string, readonly string[]>();
  readonly #welcomed = new Map<Letter, string>();
  #all: ReadonlySet<string> = new Set();
  #again: Timer | undefined;
  #isClosed = false;

  constructor(parts: MapAddressesParts) {
    this.#parts = parts;
    for (const host of this.#hosts) if (isIP(host) !== 0) this.#resolved.set(host, [plainAddress(host)]);
    this.#collect();
  }

  /** @param address as `plainAddress` gives it */
  has(address: string): boolean {
    return this.#all.has(address);
  }

  /** A peer has proved itself there. */
  welcomed(letter: Letter, address: string): void {
    if (this.#welcomed.get(letter) === address) return;
    this.#welcomed.set(letter, address);
    this.#collect();
  }

  /** Begins to resolve. Idempotent until `close`. */
  open(): void {
    if (this.#again !== undefined || this.#isClosed) return;
    this.#again = this.#parts.clock.after(0, () => void this.#resolveAll());
  }

  close(): void {
    this.#isClosed = true;
    this.#again?.cancel();
  }

  get #hosts(): string[] {
    const { map } = this.#parts;
    return [...new Set(map.letters.map((letter) => map.address(letter).host))];
  }

  async #resolveAll(): Promise<void> {
    const names = this.#hosts.filter((host) => isIP(host) === 0);
    if (names.length === 0) return;
    for (const host of names) {
      const addresses = await this.#parts.resolve(host);
      if (this.#isClosed) return;
      // A resolver that cannot be asked, or knows the name no more, takes nobody's place away.
      if (addresses.length > 0) this.#resolved.set(host, addresses.map(plainAddress));
      this.#collect();
    }
    this.#again = this.#parts.clock.after(RESOLVE_EVERY_MS, () => void this.#resolveAll());
  }

  #collect(): void {
    this.#all = new Set([...[...this.#resolved.values()].flat(), ...this.#welcomed.values()]);
  }
}
