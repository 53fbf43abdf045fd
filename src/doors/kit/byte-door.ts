import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { SocketAccess, SocketAddress } from '../../config/config.ts';
import type { Clients } from './clients.ts';
import { CLOSE_GRACE_MS, type Door } from './door.ts';
import { Listener } from './listener.ts';
import type { Logins } from './logins.ts';

export interface ByteDoorParts<Command, Reply, Shape> {
  readonly name: string;
  /** Where it is to listen; nowhere: the door is shut. */
  readonly listen: readonly SocketAddress[];
  readonly access: SocketAccess;
  /** What a person does who cannot have an address. */
  readonly advice: string;
  readonly clients: Clients<Command, Reply, Shape>;
  readonly logins: Logins;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A door whose clients send requests over a connection that stays, and are answered in order. */
export class ByteDoor<Command, Reply, Shape> implements Door {
  readonly #parts: ByteDoorParts<Command, Reply, Shape>;
  readonly #listeners: Listener[] = [];
  #closed: Promise<void> | undefined;

  constructor(parts: ByteDoorParts<Command, Reply, Shape>) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get addresses(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.address);
  }

  get connectionCount(): number {
    return this.#parts.clients.count;
  }

  async listen(): Promise<void> {
    const { access, advice, clients, clock, listen, log, name } = this.#parts;
    const onClient = (socket: Socket): void => clients.admit(socket);
    try {
      for (const address of listen)
        this.#listeners.push(await Listener.open(address, { door: name, onClient, advice, access, clock, log }));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #close(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#parts.logins.close();
    return this.#parts.clients.close(CLOSE_GRACE_MS);
  }
}
