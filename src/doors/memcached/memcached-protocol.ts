import type { Soon } from '../../soon.ts';
import type { DoorProtocol, RequestDecoder } from '../kit/door-protocol.ts';
import type { ClientDesk } from './client-desk.ts';
import type { MemcachedCommand } from './protocol/command.ts';
import { CommandDecoder } from './protocol/command-decoder.ts';
import type { CommandSink } from './protocol/command-sink.ts';
import { encodeReply } from './protocol/encode-reply.ts';
import { STRANGER_LIMITS, type ProtocolLimits } from './protocol/limits.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import type { ReplyShape } from './protocol/reply-shape.ts';

/** What memcached's protocols are to the kit, for one client: the bytes by its decoder, the commands by its desk. */
export class MemcachedProtocol implements DoorProtocol<MemcachedCommand, MemcachedReply, ReplyShape> {
  readonly #desk: Pick<ClientDesk, 'answer' | 'isStranger' | 'isTurnedAway' | 'close'>;
  readonly #limits: ProtocolLimits;
  #decoder: CommandDecoder | undefined;
  /** It has still to say who it is, and may send little until then. */
  #isStranger: boolean;

  /** @param limits of a client that has said who it is, where it has to */
  constructor(desk: Pick<ClientDesk, 'answer' | 'isStranger' | 'isTurnedAway' | 'close'>, limits: ProtocolLimits) {
    this.#desk = desk;
    this.#limits = limits;
    this.#isStranger = desk.isStranger;
  }

  get isTurnedAway(): boolean {
    return this.#desk.isTurnedAway;
  }

  decoderFor(sink: CommandSink): RequestDecoder {
    this.#decoder = new CommandDecoder(sink, this.#isStranger ? STRANGER_LIMITS : this.#limits);
    return this.#decoder;
  }

  encode(shape: ReplyShape, reply: MemcachedReply): readonly Buffer[] {
    return encodeReply(shape, reply);
  }

  dispatch(command: MemcachedCommand, shape: ReplyShape): Soon<MemcachedReply> {
    const reply = this.#desk.answer(command, shape);
    if (this.#isStranger && !this.#desk.isStranger) {
      this.#isStranger = false;
      this.#decoder?.changeLimits(this.#limits);
    }
    return reply;
  }

  isBarrier(command: MemcachedCommand): boolean {
    return command.kind === 'stats' || command.kind === 'flush-all';
  }

  isLast(command: MemcachedCommand): boolean {
    return command.kind === 'quit';
  }

  commandBytes(command: MemcachedCommand): number {
    return command.kind === 'store' ? command.value.length : 0;
  }

  replyBytes(reply: MemcachedReply): number {
    return reply.kind === 'hit' ? reply.value.length : 0;
  }

  close(): void {
    this.#desk.close();
  }
}
