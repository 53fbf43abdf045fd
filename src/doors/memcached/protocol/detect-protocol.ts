/** The first byte of every packet of the binary protocol; no command line can begin with it. */
export const BINARY_REQUEST_MAGIC = 0x80;

export type WireProtocol = 'line' | 'binary';

/** Which protocol a connection speaks, by its first byte, as memcached decides it. Text and meta are both lines. */
export function detectProtocol(firstByte: number): WireProtocol {
  return firstByte === BINARY_REQUEST_MAGIC ? 'binary' : 'line';
}
