import { isIPv4, isIPv6, SocketAddress as IpSocket } from 'node:net';
import type { ConfigProblem } from '../errors.ts';
import { formatAddress, type MeshAddress } from '../session/letter.ts';
import type { SocketAddress } from './config.ts';
import { givenText, givenTexts, showGiven, type Reading, type ValueType } from './option-row.ts';
import type { ConfigSources } from './sources.ts';

export type ParsedHostPort =
  | { readonly kind: 'parsed'; readonly address: MeshAddress }
  | { readonly kind: 'malformed'; readonly found: string; readonly expected: string };

const FORM = /^(?:\[(?<v6>[^[\]]*)\]|(?<host>[^:[\]]*))(?::(?<port>.*))?$/s;

const PORT_FORM = /^[1-9]\d{0,4}$/;

/** RFC 1123, and the underscore that container names have. */
const NAME_FORM =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** What is all digits at its end was meant for an IPv4 address: no top-level domain is a number. */
const NUMBER_AT_END = /(?:^|\.)\d+$/;

/**
 * Reads `host:port` or `[IPv6]:port`; without `defaultPort` the port must be there. Hosts come out in one spelling
 * (lower case, shortest IPv6), since the map's digest and the search for duplicates compare them as text.
 */
export function parseHostPort(text: string, defaultPort?: number): ParsedHostPort {
  const groups = FORM.exec(text)?.groups;
  if (groups === undefined) {
    return malformed('address', text, 'host:port, with brackets around an IPv6 address as in [::1]:7421');
  }
  const host = groups['v6'] === undefined ? parseHost(groups['host'] ?? '') : parseIPv6(groups['v6']);
  if (host === undefined) {
    return malformed('address', text, 'a host name, an IPv4 address, or an IPv6 address in brackets');
  }
  const port = groups['port'] === undefined ? defaultPort : parsePort(groups['port']);
  if (port === undefined) return malformed('port', text, 'host:port with a port from 1 to 65535');
  return { kind: 'parsed', address: { host, port } };
}

/** `undefined` for what is neither a host name nor an IPv4 address. */
function parseHost(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const name = text.toLowerCase();
  return NAME_FORM.test(name) && !NUMBER_AT_END.test(name) ? name : undefined;
}

function parseIPv6(text: string): string | undefined {
  // A zone names an interface of one machine, and means nothing on the next.
  return isIPv6(text) && !text.includes('%') ? canonicalIp(text) : undefined;
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return PORT_FORM.test(text) && port <= 65_535 ? port : undefined;
}

function malformed(what: 'address' | 'port', text: string, expected: string): ParsedHostPort {
  return { kind: 'malformed', found: `malformed ${what} ${JSON.stringify(text.slice(0, 80))}`, expected };
}

/** The one spelling of an IP address; a text that is none comes back as it is. */
export function canonicalIp(text: string): string {
  return isIPv6(text) ? new IpSocket({ address: text, family: 'ipv6' }).address : text;
}

/** Whether only this machine can be on the other end. A name other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  return host === 'localhost' || host === '::1' || host.startsWith('::ffff:127.');
}

/** Whether it means "all interfaces": a place to listen on, none to be reached at. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

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

const MODE_FORM = /^0?[0-7]{3}$/;
const GROUP_FORM = /^(?:\d{1,9}|[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?)$/;

/** The daemon's user keeps both: who connects needs to write, and the next daemon looks whether somebody listens. */
const OWNER_MODE = 0o600;

const GROUP_FILE = '/etc/group';

/** Who may do what with a unix socket, as chmod takes it. Not a number in the file, which would be a decimal one. */
export const socketMode: ValueType<number> = {
  placeholder: '<mode>',
  expected: 'a mode as chmod takes it, a text such as "0660", with 6 or 7 for the owner',
  read({ given, complain }) {
    const text = givenText(given) ?? '';
    const mode = Number.parseInt(text, 8);
    if (MODE_FORM.test(text) && (mode & OWNER_MODE) === OWNER_MODE) return mode;
    complain(showGiven(given));
    return undefined;
  },
};

/** The group of a unix socket, by name or number. */
export const socketGroup: ValueType<string> = {
  placeholder: '<group>',
  expected: 'the name of a group of this machine, or its number',
  read({ given, complain }) {
    const isNumber = given.kind === 'json' && typeof given.value === 'number';
    const text = isNumber ? String(given.value) : (givenText(given) ?? '');
    if (GROUP_FORM.test(text)) return text;
    complain(showGiven(given));
    return undefined;
  },
};

/** The number of a group; undefined where this machine has none of that name, which is put among the problems. */
export async function findGroup(
  group: string,
  { readFile }: Pick<ConfigSources, 'readFile'>,
  problems: ConfigProblem[],
): Promise<number | undefined> {
  if (/^\d/.test(group)) return Number(group);
  const read = await readFile(GROUP_FILE);
  const lines = read.kind === 'read' ? read.bytes.toString('utf8').split('\n') : [];
  const number = lines.map((line) => line.split(':')).find(([name]) => name === group)?.[2];
  if (number !== undefined && /^\d+$/.test(number)) return Number(number);
  problems.push({
    path: 'doors.socketGroup',
    found: `group ${group}, which is not in ${GROUP_FILE}`,
    expected: 'the name of a group that is there, or the number of one that is elsewhere (getent group shows it)',
  });
  return undefined;
}
