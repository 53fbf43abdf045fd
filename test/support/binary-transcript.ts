/** A request of memcached's binary protocol, by the names of its protocol-binary document. */
export interface BinaryRequest {
  readonly command: string;
  readonly key: string;
  /** In hexadecimal. */
  readonly extras: string;
  readonly value: string;
}

const COMMANDS: Readonly<Record<number, string>> = {
  0x00: 'get',
  0x01: 'set',
  0x02: 'add',
  0x03: 'replace',
  0x04: 'delete',
  0x05: 'increment',
  0x06: 'decrement',
  0x07: 'quit',
  0x08: 'flush',
  0x09: 'getq',
  0x0a: 'noop',
  0x0b: 'version',
  0x0c: 'getk',
  0x0d: 'getkq',
  0x0e: 'append',
  0x0f: 'prepend',
  0x10: 'stat',
  0x11: 'setq',
  0x12: 'addq',
  0x13: 'replaceq',
  0x14: 'deleteq',
  0x1c: 'touch',
  0x1d: 'gat',
  0x20: 'sasl-list',
  0x21: 'sasl-start',
  0x22: 'sasl-step',
};

const HEADER_BYTES = 24;

export function readBinaryRequests(sent: Buffer): BinaryRequest[] {
  return packets(sent).map(({ header, extras, key, value }) => ({
    command: commandOf(header),
    key,
    extras: extras.toString('hex'),
    value,
  }));
}

function commandOf(header: Buffer): string {
  const opcode = header.readUInt8(1);
  return COMMANDS[opcode] ?? `0x${opcode.toString(16)}`;
}

interface Packet {
  readonly header: Buffer;
  readonly extras: Buffer;
  readonly key: string;
  readonly value: string;
}

function packets(bytes: Buffer): Packet[] {
  const found: Packet[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const header = bytes.subarray(at, at + HEADER_BYTES);
    const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + header.readUInt32BE(8));
    const extrasEnd = header.readUInt8(4);
    const keyEnd = extrasEnd + header.readUInt16BE(2);
    found.push({
      header,
      extras: body.subarray(0, extrasEnd),
      key: body.toString('latin1', extrasEnd, keyEnd),
      value: body.toString('latin1', keyEnd),
    });
    at += HEADER_BYTES + body.length;
  }
  return found;
}
