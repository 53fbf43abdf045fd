import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { formatAddress } from '../session/letter.ts';
import { networkOf, plainAddress } from '../listening/caller-address.ts';
import { HANDSHAKE_FAILURE, readFirstBytes } from './client-hello.ts';
import type { Complaints } from './complaints.ts';
import type { MapAddresses } from './map-addresses.ts';
import type { AcceptedSocket } from './transport.ts';
import { WaitingRoom, type Caller } from './waiting-room.ts';

/** How long a caller has to read why it is none of ours. */
const FAREWELL_MS = 1000;

/**
 * Why a caller was sent away. `crowd`: others needed its place. `silent`: it did not say in time who it is. `foreign`: it speaks
 * something else. `refused`: it knows how nodes talk, and is none of ours.
 */
export type TurnedAway = 'crowd' | 'silent' | 'foreign' | 'refused';

export interface ReceptionParts {
  /** Callers that are silent, at addresses of the map; and as many at all others. */
  readonly places: number;
  readonly dialMs: number;
  readonly isEncrypted: boolean;
  readonly addresses: MapAddresses;
  readonly complaints: Complaints;
  readonly clock: Clock;
  readonly log: Logger;
  /** The caller's handshake may begin, or where nothing is encrypted its hello. What it has sent is still to be read. */
  readonly onReady: (socket: AcceptedSocket) => void;
  /** What it sent is no handshake of a node. */
  readonly onForeign: (from: string, why: string) => void;
  readonly onTurnedAway: (reason: TurnedAway) => void;
}

/** Everybody who has called the mesh port. Those who know how nodes begin are let on to their handshake, so many at a time. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #forPeers: WaitingRoom;
  readonly #forOthers: WaitingRoom;
  readonly #arrivals = new Map<string, Arrival>();

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    const { clock, places } = parts;
    this.#forPeers = new WaitingRoom({ places, isForPeers: true, clock });
    this.#forOthers = new WaitingRoom({ places, isForPeers: false, clock });
  }

  accept(socket: AcceptedSocket): void {
    socket.on('error', (error) => this.#parts.log.debug({ err: error }, 'an accepted socket failed'));
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const key = connectionOf(socket);
    const address = plainAddress(socket.remoteAddress);
    const isPeers = this.#parts.addresses.has(address);
    const room = isPeers ? this.#forPeers : this.#forOthers;
    const arrival = new Arrival(socket, isPeers ? address : networkOf(address), room, this.#parts);
    this.#arrivals.set(key, arrival);
    socket.once('close', () => {
      if (this.#arrivals.get(key) === arrival) this.#arrivals.delete(key);
      arrival.ended();
    });
    arrival.enter();
  }

  /** The handshake is done. False where the caller is gone. */
  proved(socket: AcceptedSocket): boolean {
    const arrival = this.#arrivals.get(connectionOf(socket));
    arrival?.proved();
    return arrival !== undefined;
  }

  /** It is a peer, and no longer counts as a caller. */
  welcomed(socket: AcceptedSocket): void {
    this.#arrivals.get(connectionOf(socket))?.welcomed();
  }

  /** Destroys every connection. */
  close(): void {
    for (const arrival of this.#arrivals.values()) arrival.destroy();
    this.#forPeers.close();
    this.#forOthers.close();
  }
}

class Arrival implements Caller {
  readonly address: string;
  readonly #socket: AcceptedSocket;
  readonly #from: string;
  readonly #room: WaitingRoom;
  readonly #parts: ReceptionParts;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onEnd = (): void => this.destroy();
  #firstBytes: Buffer = Buffer.alloc(0);
  #deadline: Timer | undefined;

  constructor(socket: AcceptedSocket, address: string, room: WaitingRoom, parts: ReceptionParts) {
    this.#socket = socket;
    this.address = address;
    this.#from = addressOf(socket);
    this.#room = room;
    this.#parts = parts;
  }

  enter(): void {
    const { clock, dialMs, isEncrypted, onReady } = this.#parts;
    this.#room.enter(this);
    if (!isEncrypted) {
      onReady(this.#socket);
      return;
    }
    this.#deadline = clock.after(dialMs, () => this.#tooLate());
    this.#socket.on('data', this.#onData);
    this.#socket.on('end', this.#onEnd);
  }

  begin(): void {
    this.#socket.unshift(this.#firstBytes);
    this.#firstBytes = Buffer.alloc(0);
    this.#parts.onReady(this.#socket);
  }

  turnAway(): void {
    const { complaints, onTurnedAway } = this.#parts;
    onTurnedAway('crowd');
    const text =
      'closed a caller that has not proved to be a peer: too many at once call from its address, or from all';
    complaints.warn(this.address, 'crowd', text, { from: this.#from });
    this.#deadline?.cancel();
    // Leaves nothing behind on this host, where a crowd would else leave a closed connection each for a minute.
    if (this.#isUnheard) this.#socket.resetAndDestroy();
    else this.destroy();
  }

  proved(): void {
    this.#deadline?.cancel();
    this.#room.proved(this);
  }

  welcomed(): void {
    this.#deadline?.cancel();
    this.#room.left(this);
  }

  ended(): void {
    this.#deadline?.cancel();
    this.#room.left(this);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get #isUnheard(): boolean {
    return this.#socket.listeners('data').includes(this.#onData);
  }

  #read(chunk: Buffer): void {
    this.#firstBytes = this.#firstBytes.length === 0 ? chunk : Buffer.concat([this.#firstBytes, chunk]);
    const first = readFirstBytes(this.#firstBytes);
    if (first.kind === 'incomplete') return;
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    if (first.kind === 'foreign') {
      this.#sayGoodbye(first.isTls, first.why);
      return;
    }
    this.#socket.pause();
    this.#room.introduced(this);
  }

  #sayGoodbye(isTls: boolean, why: string): void {
    this.#parts.onForeign(this.#from, why);
    if (!isTls) {
      this.destroy();
      return;
    }
    // Until it has read that, or has taken too long to, it counts as silent.
    this.#deadline?.cancel();
    this.#deadline = this.#parts.clock.after(FAREWELL_MS, () => this.destroy());
    this.#socket.resume();
    this.#socket.write(HANDSHAKE_FAILURE);
    this.#socket.end();
  }

  #tooLate(): void {
    const { complaints, dialMs, onTurnedAway } = this.#parts;
    onTurnedAway('silent');
    const text = `closed a connection that is no peer's: no handshake within ${dialMs} ms`;
    complaints.warn(this.address, 'no peer', text, { from: this.#from });
    this.destroy();
  }
}

export function addressOf(socket: AcceptedSocket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return 'an address that is gone:0';
  return formatAddress({ host: remoteAddress, port: remotePort });
}

/** The same for a socket and for the one that TLS puts over it. */
function connectionOf(socket: AcceptedSocket): string {
  return `${addressOf(socket)} ${socket.localAddress ?? ''}`;
}
