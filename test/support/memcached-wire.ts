import type { Duplex } from 'node:stream';

/** A request of memcached's binary protocol, as a server sees it. */
export interface WireRequest {
  readonly opcode: number;
  readonly opaque: number;
  readonly extras: Buffer;
  readonly key: string;
  readonly value: Buffer;
}

export interface WireAnswer {
  readonly opcode: number;
  readonly opaque: number;
  readonly status?: number;
  readonly extras?: Buffer;
  readonly key?: string;
  readonly value?: Buffer | string;
}

const HEADER_BYTES = 24;

export function encodeAnswer({ opcode, opaque, status = 0, extras, key = '', value = '' }: WireAnswer): Buffer {
  const body = Buffer.concat([extras ?? Buffer.alloc(0), Buffer.from(key), Buffer.from(value)]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(0x81, 0);
  header.writeUInt8(opcode, 1);
  header.writeUInt16BE(Buffer.byteLength(key), 2);
  header.writeUInt8(extras?.length ?? 0, 4);
  header.writeUInt16BE(status, 6);
  header.writeUInt32BE(body.length, 8);
  header.writeUInt32BE(opaque, 12);
  return Buffer.concat([header, body]);
}

/** The answer of a memcached that holds `value`, or null for nothing, under whatever is asked for. */
export function answerTo(request: WireRequest, value: string | null = request.key): Buffer {
  const { opcode, opaque } = request;
  if (opcode !== 0) return encodeAnswer({ opcode, opaque });
  if (value === null) return encodeAnswer({ opcode, opaque, status: 1, value: 'Not found' });
  return encodeAnswer({ opcode, opaque, extras: Buffer.alloc(4), value });
}

/** Calls `onRequest` for each whole request that comes in. */
export function readRequests(socket: Duplex, onRequest: (request: WireRequest) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32BE(8);
      if (bytes.length < end) return;
      const extrasEnd = HEADER_BYTES + bytes.readUInt8(4);
      const keyEnd = extrasEnd + bytes.readUInt16BE(2);
      const request = {
        opcode: bytes.readUInt8(1),
        opaque: bytes.readUInt32BE(12),
        extras: bytes.subarray(HEADER_BYTES, extrasEnd),
        key: bytes.toString('latin1', extrasEnd, keyEnd),
        value: bytes.subarray(keyEnd, end),
      };
      bytes = bytes.subarray(end);
      onRequest(request);
    }
  });
}
