import type { ChunkQueue } from '../../../kit/chunk-queue.ts';

/*
 * A packet, big endian: 24 bytes of header, then extras, key and value, which together are the body.
 *
 *    0 u8  magic: 0x80 request, 0x81 response     6 u16 vbucket (request, ignored) or status (response)
 *    1 u8  opcode                                 8 u32 body length
 *    2 u16 key length                            12 u32 opaque: comes back as it is
 *    4 u8  extras length                         16 u64 cas
 *    5 u8  data type: 0                          24 extras, key, value
 */
export const HEADER_BYTES = 24;
export const RESPONSE_MAGIC = 0x81;

export interface PacketHeader {
  readonly magic: number;
  readonly opcode: number;
  readonly keyBytes: number;
  readonly extrasBytes: number;
  readonly bodyBytes: number;
  readonly opaque: number;
  /** As command.ts describes it; 0: none. */
  readonly cas: number;
}

/** A whole request. */
export interface Packet {
  readonly header: PacketHeader;
  readonly extras: Buffer;
  readonly key: string;
  readonly value: Buffer;
}

/** Takes a header, which has to be here. */
export function consumeHeader(queue: ChunkQueue): PacketHeader {
  const bytes = queue.consume(HEADER_BYTES);
  return {
    magic: bytes.readUInt8(0),
    opcode: bytes.readUInt8(1),
    keyBytes: bytes.readUInt16BE(2),
    extrasBytes: bytes.readUInt8(4),
    bodyBytes: bytes.readUInt32BE(8),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readUInt32BE(16) * 0x1_0000_0000 + bytes.readUInt32BE(20),
  };
}

/** Takes the body after a header, which has to be here and as long as its parts. */
export function consumeBody(queue: ChunkQueue, header: PacketHeader): Packet {
  const body = queue.consume(header.bodyBytes);
  const keyAt = header.extrasBytes;
  const valueAt = keyAt + header.keyBytes;
  return {
    header,
    extras: body.subarray(0, keyAt),
    key: body.toString('latin1', keyAt, valueAt),
    value: body.subarray(valueAt),
  };
}

export function valueBytesOf({ bodyBytes, extrasBytes, keyBytes }: PacketHeader): number {
  return bodyBytes - extrasBytes - keyBytes;
}
