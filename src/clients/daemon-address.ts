import { StoreOptionsError } from './client-errors.ts';

/** Where the daemon of this host opens its HTTP door. */
export type DaemonAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const DEFAULT_PORT = 7420;

/**
 * Reads `http://host[:port]` or `unix:/path/of.sock`.
 *
 * @throws StoreOptionsError for anything else.
 */
export function parseDaemonAddress(text: string): DaemonAddress {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.protocol === 'http:' && url.pathname === '/' && url.search + url.hash + url.username === '';
  if (url === undefined || !isBare) {
    throw new StoreOptionsError(`url: found ${JSON.stringify(text)}; expected http://host:port or unix:/path/of.sock`);
  }
  const port = url.port === '' ? portOf(text) : Number(url.port);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

export function formatDaemonAddress(address: DaemonAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A URL without a port means the daemon's own; one that says 80 is taken at its word, though URL forgets it. */
function portOf(text: string): number {
  return /:80\/?$/.test(text) ? 80 : DEFAULT_PORT;
}
