import { isIPv4 } from 'node:net';

/**
 * Whether a Host header names this machine's loopback. A door without a token is kept from pages in the browsers of
 * this machine by this check: a page of evil.example can point that name at 127.0.0.1 (DNS
 * rebinding), but cannot make the browser send another Host. No header at all (HTTP/1.0) cannot be a browser.
 */
export function isOwnHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return false;
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

/** Whether a request says twice which host it is for: two who read it could each believe another one (RFC 9112, 3.2). */
export function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** Whether the target of a request is a whole URL (RFC 9112, 3.2.2) of another host than the Host header's. */
export function isForAnotherHost(target: string | undefined, host: string | undefined): boolean {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target ?? '')?.[1];
  return authority !== undefined && authority.toLowerCase() !== host?.toLowerCase();
}
