import type { ChunkQueue } from '../chunk-queue.ts';
import type { CommandSink } from '../command-sink.ts';
import { BINARY_REQUEST_MAGIC } from '../detect-protocol.ts';
import type { Framing, Step } from '../framing.ts';
import { isKey, isPrintable, isSoughtKey, MAX_KEY_BYTES } from '../key.ts';
import { itemBytes, LARGEST_VALUE_BYTES, type ProtocolLimits } from '../limits.ts';
import { clientError, TOO_LARGE, UNKNOWN_COMMAND, type ErrorReply } from '../reply.ts';
import { SILENT, type BinaryShape } from '../reply-shape.ts';
import { consumeBody, consumeHeader, HEADER_BYTES, valueBytesOf, type Packet, type PacketHeader } from './packet.ts';
import { formOf, type PacketForm } from './packet-forms.ts';

const INVALID_ARGUMENTS = clientError('Invalid arguments');

type Expecting =
  | { readonly kind: 'header' }
  | { readonly kind: 'body'; readonly header: PacketHeader; readonly form: PacketForm }
  /** Extras and key of an item that is too large; its value is not waited for. */
  | { readonly kind: 'oversized-key'; readonly header: PacketHeader; readonly form: PacketForm };

const NOTHING = Buffer.alloc(0);

const NEXT_HEADER: Expecting = { kind: 'header' };

/**
 * The binary protocol. Everything that can be wrong with a packet's lengths is told by its header, so a body is only
 * waited for, and held, where it is welcome. As in memcached, a packet whose parts are not those of its opcode closes the
 * connection; an unknown opcode, a bad key and a too large item cost only the request.
 */
export class PacketFraming implements Framing {
  limits: ProtocolLimits;
  readonly #sink: CommandSink;
  #expecting: Expecting = NEXT_HEADER;

  constructor(sink: CommandSink, limits: ProtocolLimits) {
    this.#sink = sink;
    this.limits = limits;
  }

  get awaitsValue(): boolean {
    return this.#expecting.kind !== 'header';
  }

  step(queue: ChunkQueue): Step {
    if (this.#expecting.kind === 'header') return this.#header(queue);
    if (this.#expecting.kind === 'oversized-key') return this.#oversized(queue, this.#expecting);
    const { header, form } = this.#expecting;
    if (queue.byteLength < header.bodyBytes) return 'wait';
    this.#expecting = NEXT_HEADER;
    return this.#packet(consumeBody(queue, header), form);
  }

  #header(queue: ChunkQueue): Step {
    if (queue.byteLength < HEADER_BYTES) return 'wait';
    const header = consumeHeader(queue);
    const { bodyBytes, extrasBytes, keyBytes, magic, opcode } = header;
    // The client has lost count, and would not understand an answer.
    if (magic !== BINARY_REQUEST_MAGIC) return this.#fatal(UNKNOWN_COMMAND, header, undefined);

    const form = formOf(opcode);
    if (extrasBytes + keyBytes > bodyBytes) return this.#fatal(UNKNOWN_COMMAND, header, form);
    if (keyBytes > MAX_KEY_BYTES || bodyBytes > LARGEST_VALUE_BYTES)
      return this.#fatal(INVALID_ARGUMENTS, header, form);
    if (form === undefined) return this.#skip(queue, UNKNOWN_COMMAND, header, form);
    if (!hasParts(header, form)) return this.#fatal(INVALID_ARGUMENTS, header, form);
    if (this.#isTooLarge(header, form, 0)) {
      if (form.value !== 'item') return this.#overlongCredentials(queue, header, form);
      this.#expecting = { kind: 'oversized-key', header, form };
      return 'again';
    }
    this.#expecting = { kind: 'body', header, form };
    return 'again';
  }

  #packet(packet: Packet, form: PacketForm): Step {
    const { extras, header, key } = packet;
    const shape = shapeOf(header, form, key);
    // The form of stored items alone has flags: memcached counts them where they are not 0.
    const flags = form.value === 'item' && extras.length > 0 ? extras.readUInt32BE(0) : 0;
    const isTooLarge = this.#isTooLarge(header, form, flags);
    if (!isAcceptable(key, form)) this.#sink.onRefused(INVALID_ARGUMENTS, shape);
    else if (isTooLarge) this.#sink.onCommand({ kind: 'oversized', key }, shape);
    else return this.#handOver(packet, form, shape);
    return 'again';
  }

  #oversized(queue: ChunkQueue, { header, form }: Expecting & { readonly kind: 'oversized-key' }): Step {
    if (queue.byteLength < header.extrasBytes + header.keyBytes) return 'wait';
    this.#expecting = NEXT_HEADER;
    queue.consume(header.extrasBytes);
    const key = queue.consumeLatin1(header.keyBytes);
    queue.skip(valueBytesOf(header));
    if (isAcceptable(key, form)) this.#sink.onCommand({ kind: 'oversized', key }, shapeOf(header, form, ''));
    else this.#sink.onRefused(TOO_LARGE, shapeOf(header, form, ''));
    return 'again';
  }

  /** Nobody's: whatever they say is wrong, so they are not waited for. */
  #overlongCredentials(queue: ChunkQueue, header: PacketHeader, form: PacketForm): Step {
    queue.skip(header.bodyBytes);
    return this.#handOver({ header, extras: NOTHING, key: '', value: NOTHING }, form, shapeOf(header, form, ''));
  }

  #handOver(packet: Packet, form: PacketForm, shape: BinaryShape): Step {
    const command = form.toCommand(packet);
    this.#sink.onCommand(command, shape);
    return command.kind === 'quit' ? 'end' : 'again';
  }

  #isTooLarge(header: PacketHeader, form: PacketForm, flags: number): boolean {
    switch (form.value) {
      case 'none':
        return false;
      case 'item':
        return itemBytes(header.keyBytes, flags, valueBytesOf(header)) > this.limits.itemBytes;
      case 'credentials':
        return valueBytesOf(header) > this.limits.credentialBytes;
    }
  }

  #skip(queue: ChunkQueue, reply: ErrorReply, header: PacketHeader, form: PacketForm | undefined): Step {
    queue.skip(header.bodyBytes);
    this.#sink.onRefused(reply, shapeOf(header, form, ''));
    return 'again';
  }

  #fatal(reply: ErrorReply, header: PacketHeader, form: PacketForm | undefined): Step {
    const isPacket = header.magic === BINARY_REQUEST_MAGIC;
    this.#sink.onFatal(reply, isPacket ? shapeOf(header, form, '') : SILENT);
    return 'end';
  }
}

function hasParts(header: PacketHeader, form: PacketForm): boolean {
  if (!form.extrasBytes.includes(header.extrasBytes)) return false;
  if (form.key === 'none' && header.keyBytes > 0) return false;
  if ((form.key === 'required' || form.key === 'sought') && header.keyBytes === 0) return false;
  return form.value !== 'none' || valueBytesOf(header) === 0;
}

/** The argument of stats is a key on the wire, but may be several words. */
function isAcceptable(key: string, form: PacketForm): boolean {
  switch (form.key) {
    case 'none':
      return true;
    case 'optional':
      return key.split(' ').every(isPrintable);
    case 'required':
      return isKey(key);
    case 'sought':
      return isSoughtKey(key);
  }
}

function shapeOf({ opaque, opcode }: PacketHeader, form: PacketForm | undefined, key: string): BinaryShape {
  return {
    protocol: 'binary',
    opcode,
    opaque,
    key: form?.isKeyReturned === true ? key : '',
    silence: form?.silence ?? 'nothing',
  };
}
