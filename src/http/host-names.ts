import { isIPv4 } from 'node:net';

/**
 * Whether a Host header names this machine's loopback, or is one of `names`. A door without a token is kept from pages
 * in the browsers of this machine by this check: a page of evil.example can point that name at 127.0.0.1 (DNS
 * rebinding), but cannot make the browser send another Host. No header at all (HTTP/1.0) cannot be a browser.
 */
export function isOwnHost(host: string | undefined, names: ReadonlySet<string>): boolean {
  if (host === undefined) return true;
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return false;
  if (name === 'localhost' || name.endsWith('.localhost') || names.has(name)) return true;
  return name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
