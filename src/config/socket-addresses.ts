import { formatAddress, type MeshAddress } from '../session/letter-map.ts';
import type { SocketAddress } from './config.ts';
import { isLoopback, parseHostPort } from './host-port.ts';
import { givenText, givenTexts, showGiven, type Reading, type ValueType } from './value-type.ts';

/** Linux keeps 108 bytes for a socket's path, its closing NUL included; the kernel cuts off what is longer. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** `host:port` to listen on; a name or address of this machine, or all of its interfaces. */
export const meshAddress: ValueType<MeshAddress> = {
  placeholder: '<host:port>',
  expected: 'host:port, such as 0.0.0.0:7421',
  read({ given, complain }) {
    const text = givenText(given);
    if (text === undefined) {
      complain(showGiven(given));
      return undefined;
    }
    const parsed = parseHostPort(text);
    if (parsed.kind === 'parsed') return parsed.address;
    complain(parsed.found, parsed.expected);
    return undefined;
  },
};

export const socketAddress: ValueType<SocketAddress> = {
  placeholder: '<address>',
  expected: 'host:port, [IPv6]:port, or the absolute path of a unix socket',
  read(reading) {
    const text = givenText(reading.given);
    if (text !== undefined) return readSocketAddress(text, reading.complain);
    reading.complain(showGiven(reading.given));
    return undefined;
  },
};

/** A list in the file, commas elsewhere. At least one, each only once. */
export const socketAddresses: ValueType<readonly SocketAddress[]> = {
  placeholder: '<address,…>',
  expected: `a list, not empty, of ${socketAddress.expected}`,
  read({ given, complain }) {
    const texts = givenTexts(given);
    if (texts === undefined || texts.length === 0) {
      complain(texts === undefined ? showGiven(given) : 'an empty list');
      return undefined;
    }
    const addresses: SocketAddress[] = [];
    for (const [index, text] of texts.entries()) {
      const address = readSocketAddress(text, (found, expected) => complain(found, expected, String(index)));
      if (address === undefined) continue;
      const name = formatSocketAddress(address);
      if (addresses.some((other) => formatSocketAddress(other) === name)) {
        complain(`duplicate address ${name}`, 'each address once', String(index));
      }
      addresses.push(address);
    }
    return addresses;
  },
};

export function formatSocketAddress(address: SocketAddress): string {
  return address.kind === 'tcp' ? formatAddress(address) : address.path;
}

/** Whether other machines may reach it. */
export function isReachable(address: SocketAddress): boolean {
  return address.kind === 'tcp' && !isLoopback(address.host);
}

function readSocketAddress(text: string, complain: Reading['complain']): SocketAddress | undefined {
  if (text.startsWith('/')) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_SOCKET_PATH_BYTES && !text.includes('\0')) return { kind: 'unix', path: text };
    complain(`a socket path of ${bytes} bytes`, `an absolute path of at most ${MAX_SOCKET_PATH_BYTES} bytes`);
    return undefined;
  }
  const parsed = parseHostPort(text);
  if (parsed.kind === 'parsed') return { kind: 'tcp', ...parsed.address };
  complain(parsed.found, `${parsed.expected}; or the absolute path of a unix socket`);
  return undefined;
}
