import { PacketFraming } from './binary/packet-framing.ts';
import { ChunkQueue } from '../../kit/chunk-queue.ts';
import type { CommandSink } from './command-sink.ts';
import { detectProtocol } from './detect-protocol.ts';
import type { Framing } from './framing.ts';
import type { ProtocolLimits } from './limits.ts';
import { LineFraming } from './line/line-framing.ts';

/** `paused` holds on to what it has; `ended` drops everything, for good. */
type Flow = 'running' | 'paused' | 'ended';

/**
 * The bytes of one client's connection to commands, whichever protocol it speaks; pure and synchronous, and it never
 * throws whatever the bytes are.
 *
 * Values are views into the chunks that were pushed; a chunk is never written to, and must not be by others.
 */
export class CommandDecoder {
  readonly #sink: CommandSink;
  #limits: ProtocolLimits;
  readonly #queue = new ChunkQueue();
  #framing: Framing | undefined;
  #flow: Flow = 'running';

  constructor(sink: CommandSink, limits: ProtocolLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Bytes of a request that has begun and is not whole; or, while paused, of those that wait. */
  get heldBytes(): number {
    return this.#queue.byteLength;
  }

  /** Whether a request has begun and is not whole, also where nothing of it is held: its value is to come, or is dropped. */
  get isMidRequest(): boolean {
    if (this.#flow === 'ended') return false;
    return this.#queue.byteLength > 0 || this.#queue.isSkipping || this.#framing?.awaitsValue === true;
  }

  /** Whether nothing more will be decoded: after quit, after a fatal error, after `end()`. */
  get hasEnded(): boolean {
    return this.#flow === 'ended';
  }

  /** From the next request on. May be called by the sink. */
  changeLimits(limits: ProtocolLimits): void {
    this.#limits = limits;
    if (this.#framing !== undefined) this.#framing.limits = limits;
  }

  push(chunk: Buffer): void {
    if (this.#flow === 'ended' || chunk.length === 0) return;
    this.#framing ??= this.#framingFor(chunk);
    this.#queue.push(chunk);
    this.#decode();
  }

  /** No more calls to the sink until `resume`. May be called by the sink; stop reading from the socket as well. */
  pause(): void {
    if (this.#flow === 'running') this.#flow = 'paused';
  }

  resume(): void {
    if (this.#flow !== 'paused') return;
    this.#flow = 'running';
    this.#decode();
  }

  /** Drops what is held; no call to the sink after this. May be called by the sink. */
  end(): void {
    this.#flow = 'ended';
    this.#queue.clear();
  }

  #framingFor(chunk: Buffer): Framing {
    return detectProtocol(chunk.readUInt8(0)) === 'binary'
      ? new PacketFraming(this.#sink, this.#limits)
      : new LineFraming(this.#sink, this.#limits);
  }

  #decode(): void {
    const framing = this.#framing;
    if (framing === undefined) return;
    while (this.#flow === 'running') {
      const step = framing.step(this.#queue);
      if (step === 'wait') break;
      if (step === 'end') this.end();
    }
    this.#queue.settle();
  }
}
