import type { Clock, Timer } from '../clock.ts';
import { transition, type CallerEvent, type CallerState } from './caller-state.ts';
import { Places } from './places.ts';

/** Of the places of a room, as many handshakes run at the same time, and as many callers wait for theirs. */
const HANDSHAKES_SHARE = 1 / 8;

/** Those who have proved that they know the secret, and have not said who they are. */
const PROVEN_SHARE = 1 / 4;

/** Callers from one address that no node has. */
const STRANGERS_SHARE = 1 / 8;

const LEAST_PLACES = 4;

/** A handshake that is not done by then makes way for one that waits. Between hosts it takes one round trip. */
export const HANDSHAKE_PATIENCE_MS = 100;

/** A caller as its room sees it. */
export interface Caller {
  /** Whom it counts for. */
  readonly address: string;
  /** Its handshake may begin. */
  begin(): void;
  /** It has to go: others need its place. */
  turnAway(): void;
}

interface Guest {
  readonly caller: Caller;
  readonly address: string;
  state: CallerState;
  since: number;
}

export interface WaitingRoomParts {
  /** Callers that have sent nothing yet; the others have a share of as many again. */
  readonly places: number;
  /** Whether peers call from these addresses: then one address may take all places, since all nodes may have one. */
  readonly isForPeers: boolean;
  readonly clock: Clock;
}

/**
 * Where callers of the mesh port are until they are welcomed. Each step on their way has places of its own, so that who has
 * come further is not pushed out by those who say nothing. Where one is full, the oldest of the address with the most callers goes:
 * a node that dials is through within a round trip or two, and strangers who wait make way for it.
 */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #guests = new Map<Caller, Guest>();
  readonly #places: Readonly<Record<Exclude<CallerState, 'gone'>, Places<Guest>>>;
  #hurry: Timer | undefined;

  constructor({ places, isForPeers, clock }: WaitingRoomParts) {
    this.#clock = clock;
    const share = (part: number): number => Math.max(LEAST_PLACES, Math.floor(places * part));
    this.#places = {
      silent: new Places(places, isForPeers ? places : share(STRANGERS_SHARE)),
      waiting: new Places(share(HANDSHAKES_SHARE)),
      shaking: new Places(share(HANDSHAKES_SHARE)),
      proven: new Places(share(PROVEN_SHARE)),
    };
  }

  get size(): number {
    return this.#guests.size;
  }

  enter(caller: Caller): void {
    const guest: Guest = { caller, address: caller.address, state: 'silent', since: this.#clock.monotonic() };
    this.#guests.set(caller, guest);
    this.#take('silent', guest);
  }

  /** It has sent the hello of TLS that a node sends: it is told to `begin` when there is room for one more handshake. */
  introduced(caller: Caller): void {
    this.#move(caller, 'introduced');
  }

  /** Its handshake is done, and has shown that it knows the secret. */
  proved(caller: Caller): void {
    this.#move(caller, 'proved');
  }

  /** It was welcomed, or is no more there. */
  left(caller: Caller): void {
    this.#move(caller, 'left');
  }

  close(): void {
    this.#hurry?.cancel();
  }

  #move(caller: Caller, event: CallerEvent): void {
    const guest = this.#guests.get(caller);
    if (guest === undefined || guest.state === 'gone') return;
    const next = transition(guest.state, event);
    if (next === guest.state) return;
    this.#places[guest.state].delete(guest);
    guest.state = next;
    guest.since = this.#clock.monotonic();
    if (next === 'gone') this.#guests.delete(caller);
    else this.#take(next, guest);
    this.#beginHandshakes();
  }

  #take(state: Exclude<CallerState, 'gone'>, guest: Guest): void {
    const leaving = this.#places[state].add(guest);
    if (leaving === undefined) return;
    this.#turnAway(leaving);
  }

  #turnAway(guest: Guest): void {
    this.#move(guest.caller, 'left');
    guest.caller.turnAway();
  }

  /** The newest first: under load the oldest has been given up by its dialler, or soon will be. */
  #beginHandshakes(): void {
    const { shaking, waiting } = this.#places;
    while (!shaking.isFull) {
      const next = waiting.newest;
      if (next === undefined) return;
      this.#move(next.caller, 'begun');
      next.caller.begin();
    }
    if (waiting.size > 0) this.#endOldestLater();
  }

  #endOldestLater(): void {
    const { oldest } = this.#places.shaking;
    if (oldest === undefined || this.#hurry !== undefined) return;
    const leftMs = oldest.since + HANDSHAKE_PATIENCE_MS - this.#clock.monotonic();
    this.#hurry = this.#clock.after(Math.max(0, Math.ceil(leftMs)), () => {
      this.#hurry = undefined;
      const { shaking, waiting } = this.#places;
      const late = shaking.oldest;
      if (late === undefined || waiting.size === 0 || !shaking.isFull) return;
      if (late.since + HANDSHAKE_PATIENCE_MS <= this.#clock.monotonic()) this.#turnAway(late);
      else this.#endOldestLater();
    });
  }
}
