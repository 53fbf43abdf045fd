import { ChunkQueue } from '../../../../src/doors/kit/chunk-queue.ts';
import type { ClientLocks } from '../../../../src/doors/kit/client-locks.ts';
import type { DoorProtocol, RequestDecoder, RequestSink } from '../../../../src/doors/kit/door-protocol.ts';
import type { Asking, MeteredDispatch } from '../../../../src/doors/kit/metered-dispatch.ts';
import type { ItemOperation } from '../../../../src/session/item-operation.ts';

type Words = readonly string[];
const READ: ItemOperation = { kind: 'read', canWin: false, isPeek: false };
const STORE = { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 60, isInvalidating: false } as const;

/** `GET key`, `SET key value`, `LOCK key`, `ALONE key` (a GET that is a barrier) and `QUIT`; a line each, a line back. */
export class ToyProtocol implements DoorProtocol<Words, string, null> {
  readonly isTurnedAway = false;
  readonly #parts: { readonly mesh: MeteredDispatch; readonly locks: ClientLocks };
  constructor(mesh: MeteredDispatch, locks: ClientLocks) {
    this.#parts = { mesh, locks };
  }
  decoderFor = (sink: RequestSink<Words, string, null>): RequestDecoder => new ToyDecoder(sink);
  encode = (_shape: null, reply: string): Buffer[] => [Buffer.from(`${reply}\n`)];
  isBarrier = ([word]: Words): boolean => word === 'ALONE';
  isLast = ([word]: Words): boolean => word === 'QUIT';
  commandBytes = (words: Words): number => words.join(' ').length;
  replyBytes = (reply: string): number => reply.length;
  close = (): void => this.#parts.locks.close();
  dispatch([word = '', id = '', value = '']: Words): string | Promise<string> {
    if (word === 'QUIT') return 'BYE';
    const judge: Asking<string>['judge'] = (reply) =>
      reply.kind === 'answered' && reply.answer.kind === 'hit' ? String(reply.answer.value) : reply.kind;
    const told = { name: word.toLowerCase(), fault: 'FAULT', judge };
    const operation = word === 'SET' ? { ...STORE, value: Buffer.from(value) } : READ;
    if (word !== 'LOCK') return this.#parts.mesh.ask({ kind: 'item', id, isSession: true, operation }, told);
    return this.#parts.locks.take(id, 0, { ...told, held: 'YOURS', full: 'FULL' });
  }
}

class ToyDecoder implements RequestDecoder {
  readonly #queue = new ChunkQueue();
  readonly #sink: RequestSink<Words, string, null>;
  readonly isMidRequest = false;
  #isPaused = false;
  constructor(sink: RequestSink<Words, string, null>) {
    this.#sink = sink;
  }
  get heldBytes(): number {
    return this.#queue.byteLength;
  }
  pause = (): boolean => (this.#isPaused = true);
  end = (): void => this.#queue.clear();
  push(chunk: Buffer): void {
    this.#queue.push(chunk);
    if (!this.#isPaused) this.resume();
  }
  resume(): void {
    this.#isPaused = false;
    const line = this.#queue.consumeLatin1(this.#queue.indexOf(10, 0) + 1);
    if (line !== '') this.#sink.onCommand(line.trimEnd().split(' '), null);
    if (line !== '') this.push(Buffer.alloc(0));
  }
}
