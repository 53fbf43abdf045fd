import { CliError } from '../errors.ts';
import { EXIT } from './exit-codes.ts';

/** Where a daemon's HTTP door is reached from here. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export const DEFAULT_URL = 'http://127.0.0.1:7420';

/**
 * Reads `http://host[:port]` or `unix:/path`.
 *
 * @throws CliError (usage) for anything else.
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '') throw wrongUrl(text);
    return { kind: 'unix', path };
  }
  if (!URL.canParse(text)) throw wrongUrl(text);
  const url = new URL(text);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url.protocol !== 'http:' || !isBare) throw wrongUrl(text);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) };
}

export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `http://${host}:${endpoint.port}`;
}

function wrongUrl(text: string): CliError {
  return new CliError(
    `${JSON.stringify(text)} is not where a daemon can be: give http://host:port or unix:/path/of.sock`,
    EXIT.usage,
  );
}
