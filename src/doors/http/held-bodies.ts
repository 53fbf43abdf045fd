import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HeldMemory, Holder } from '../kit/held-memory.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { ProblemError } from './problem-error.ts';
import { PROBLEMS } from './problems.ts';

/** What a piece of a body takes beside its bytes: somebody may send it a byte at a time. */
const PIECE_BYTES = 256;

export interface HeldBodiesParts {
  readonly memory: HeldMemory;
  readonly metrics: Pick<Metrics, 'count'>;
}

type Payload = FastifyRequest['raw'];

/**
 * Counts what the bodies of requests hold, from their first byte until the request is answered. One that is still coming in
 * when there is too much is refused, and the rest of it is dropped; one that is whole is carried out, which is soon over.
 */
export function addHeldBodies(app: FastifyInstance, { memory, metrics }: HeldBodiesParts): void {
  metrics.count('clientsCut', { door: 'http', reason: 'memory' }, 0);
  const clients = new WeakMap<Socket, BodySender>();
  const onCut = (): void => metrics.count('clientsCut', { door: 'http', reason: 'memory' });

  app.addHook('preParsing', (request, reply, _payload, done) => {
    const { raw } = request;
    if (!hasBody(raw)) {
      done();
      return;
    }
    let client = clients.get(raw.socket);
    if (client === undefined) {
      client = new BodySender(raw.socket, memory, onCut);
      clients.set(raw.socket, client);
    }
    const release = client.receive(raw);
    reply.raw.once('close', release);
    done();
  });
}

function hasBody({ headers }: Payload): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/** A body that is coming in, or was read and is not answered yet. */
interface Body {
  bytes: number;
  isOver: boolean;
  readonly refuse: () => void;
}

/** One connection. At most one body comes in on it at a time, whatever is pipelined. */
class BodySender implements Holder {
  readonly #memory: HeldMemory;
  readonly #onCut: () => void;
  #bytes = 0;
  #coming: Body | undefined;
  #isClosed = false;

  constructor(socket: Socket, memory: HeldMemory, onCut: () => void) {
    this.#memory = memory;
    this.#onCut = onCut;
    memory.enter(this);
    // Responses that were never begun do not tell of their end.
    socket.once('close', () => {
      this.#coming = undefined;
      this.#hold(-this.#bytes);
      this.#isClosed = true;
      memory.leave(this);
    });
  }

  get cuttableBytes(): number {
    return this.#coming?.bytes ?? 0;
  }

  cut(): void {
    const body = this.#coming;
    if (body === undefined) return;
    this.#onCut();
    this.#release(body);
    body.refuse();
  }

  /** @returns what to call when the request is answered */
  receive(payload: Payload): () => void {
    const body: Body = {
      bytes: 0,
      isOver: false,
      // The reader of the body takes this for its end. The connection stays, so that the answer can be read.
      refuse: () => payload.emit('error', new ProblemError({ code: 'OVERLOADED', message: PROBLEMS.OVERLOADED.means })),
    };
    this.#coming = body;
    payload.on('data', (chunk: Buffer) => {
      if (body.isOver) return;
      const held = chunk.length + PIECE_BYTES;
      body.bytes += held;
      this.#hold(held);
    });
    payload.once('end', () => {
      if (this.#coming === body) this.#coming = undefined;
    });
    return () => this.#release(body);
  }

  #release(body: Body): void {
    if (body.isOver) return;
    body.isOver = true;
    if (this.#coming === body) this.#coming = undefined;
    if (!this.#isClosed) this.#hold(-body.bytes);
  }

  #hold(change: number): void {
    this.#bytes += change;
    this.#memory.changed(change);
  }
}
