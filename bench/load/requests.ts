import { SET_OPAQUE } from './binary-replies.ts';

/** Every request that there will be, made before the clock runs: one get and one set for each key. */
export interface Requests {
  readonly gets: readonly Buffer[];
  readonly sets: readonly Buffer[];
}

export function textRequests(keys: readonly string[], values: readonly Buffer[]): Requests {
  return {
    gets: keys.map((key) => Buffer.from(`get ${key}\r\n`)),
    sets: keys.map((key, at) => {
      const value = values[at] ?? Buffer.alloc(0);
      return Buffer.concat([Buffer.from(`set ${key} 0 0 ${value.length}\r\n`), value, Buffer.from('\r\n')]);
    }),
  };
}

/** `POST /v1/sessions/open` of each of these sessions, which must be there: nothing is set. */
export function openRequests(ids: readonly string[]): Requests {
  const gets = ids.map((id) => {
    const body = JSON.stringify({ id });
    return Buffer.from(
      `POST /v1/sessions/open HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
  return { gets, sets: [] };
}

const REQUEST = 0x80;
const GET = 0x00;
const SET = 0x01;

/** Flags and expiry, none of both. */
const SET_EXTRAS = Buffer.alloc(8);

export function binaryRequests(keys: readonly string[], values: readonly Buffer[]): Requests {
  return {
    gets: keys.map((key, at) => packet(GET, key, at)),
    sets: keys.map((key, at) => packet(SET, key, SET_OPAQUE + at, SET_EXTRAS, values[at])),
  };
}

function packet(
  opcode: number,
  key: string,
  opaque: number,
  extras = Buffer.alloc(0),
  value: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt8(REQUEST, 0);
  header.writeUInt8(opcode, 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(extras.length, 4);
  header.writeUInt32BE(extras.length + key.length + value.length, 8);
  header.writeUInt32BE(opaque, 12);
  return Buffer.concat([header, extras, Buffer.from(key), value]);
}
