import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../clock.ts';
import { PROBE_PLACES } from '../../config/open-files.ts';
import type { FullDoor } from '../kit/full-door.ts';
import { PROBLEMS } from './problems.ts';
import { JSON_UTF8, problemBody } from './send-problem.ts';

/** What is asked by those that watch over this node: a balancer, an orchestrator, Prometheus. */
const PROBES: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz', '/metrics']);

/** From being connected to having read the answer, in a place that is kept for probes. */
const PROBE_MS = 2000;

export interface PlacesParts {
  /** How many connections ask for whatever they like. */
  readonly limit: number;
  readonly full: Pick<FullDoor, 'refused'>;
  readonly clock: Pick<Clock, 'after'>;
}

/**
 * Who may connect to one address of the HTTP door. Beyond its limit a few more connections are taken, each for one request
 * and a short time: probes are answered there, so that a node does not look dead because it is full, and everything else is told that it is.
 */
export class HttpPlaces {
  readonly #parts: PlacesParts;
  #taken = 0;
  /** Beyond the limit, the oldest first; those that have asked for nothing yet give way to what comes. */
  readonly #extra = new Map<Socket, { readonly deadline: Timer; hasAsked: boolean }>();

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /** One more connection. Closes it, or another one, where there are too many. */
  enter(socket: Socket): void {
    if (this.#taken < this.#parts.limit) {
      this.#taken += 1;
      socket.once('close', () => (this.#taken -= 1));
      return;
    }
    if (this.#extra.size >= PROBE_PLACES && !this.#dropSilent()) {
      this.#parts.full.refused();
      socket.destroy();
      return;
    }
    const deadline = this.#parts.clock.after(PROBE_MS, () => this.#drop(socket));
    this.#extra.set(socket, { deadline, hasAsked: false });
    socket.once('close', () => {
      deadline.cancel();
      this.#extra.delete(socket);
    });
  }

  /** Has a request answered: by the door, or here where there is no place for what it asks. */
  readonly answer = (request: IncomingMessage, response: ServerResponse, byDoor: RequestListener): void => {
    const extra = this.#extra.get(request.socket);
    if (extra === undefined) {
      byDoor(request, response);
      return;
    }
    const isFirst = !extra.hasAsked;
    extra.hasAsked = true;
    response.shouldKeepAlive = false;
    if (isFirst && isProbe(request)) {
      byDoor(request, response);
      return;
    }
    if (isFirst) this.#parts.full.refused();
    sayFull(response);
  };

  /** Whether somebody gave way. */
  #dropSilent(): boolean {
    for (const [socket, { hasAsked }] of this.#extra) {
      if (hasAsked) continue;
      this.#drop(socket);
      return true;
    }
    return false;
  }

  #drop(socket: Socket): void {
    const extra = this.#extra.get(socket);
    if (extra === undefined) return;
    extra.deadline.cancel();
    // At once: its `close` comes in a later turn, and others may come before.
    this.#extra.delete(socket);
    if (!extra.hasAsked) this.#parts.full.refused();
    socket.destroy();
  }
}

function isProbe({ method, url }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && PROBES.has(url?.split('?', 1)[0]);
}

function sayFull(response: ServerResponse): void {
  const code = 'TOO_MANY_CONNECTIONS';
  const { means, retryAfterSeconds, status } = PROBLEMS[code];
  const body = problemBody({ code, message: means });
  response.writeHead(status, {
    'content-type': JSON_UTF8,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'retry-after': String(retryAfterSeconds),
  });
  response.end(body);
}
