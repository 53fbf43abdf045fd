import type { FastifyInstance } from 'fastify';
import type { SocketAccess, SocketAddress } from '../../config/config.ts';
import type { Door } from '../kit/door.ts';
import { buildHttpApp } from './app.ts';
import type { HttpDoorParts } from './http-door-parts.ts';
import { listenHttp, type HttpListening } from './listen.ts';

/** Where the HTTP door is to listen, and for how many. */
export interface HttpDoorPlace {
  readonly listen: readonly SocketAddress[];
  readonly access: SocketAccess;
  /** Connections of all addresses together. */
  readonly connections: number;
}

/** The HTTP door: the app, on its addresses. */
export class HttpDoor implements Door {
  readonly name = 'http';
  readonly #parts: HttpDoorParts;
  readonly #place: HttpDoorPlace;
  readonly #app: FastifyInstance;
  #listening: HttpListening | undefined;

  constructor(parts: HttpDoorParts, place: HttpDoorPlace) {
    this.#parts = parts;
    this.#place = place;
    this.#app = buildHttpApp(parts);
  }

  get addresses(): readonly SocketAddress[] {
    return this.#listening?.addresses ?? [];
  }

  get connectionCount(): number {
    return this.#listening?.connectionCount ?? 0;
  }

  async listen(): Promise<void> {
    const { clock, log, metrics } = this.#parts;
    const { access, connections, listen } = this.#place;
    this.#listening = await listenHttp(this.#app, listen, { access, connections, metrics, clock, log });
  }

  async close(): Promise<void> {
    await (this.#listening?.close() ?? this.#app.close());
  }
}
