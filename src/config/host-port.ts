import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { MeshAddress } from '../session/letter-map.ts';

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
  return isIPv6(text) ? new SocketAddress({ address: text, family: 'ipv6' }).address : text;
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
