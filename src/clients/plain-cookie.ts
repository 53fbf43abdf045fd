import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface PlainCookieOptions {
  /** The cookie's name, as express-session is told it. */
  readonly name: string;
  /** The secret that express-session is given; the first, where it is given several. */
  readonly secret: string;
}

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Lets express-session share its cookie with applications in other languages. It signs the id in its cookie, which PHP and
 * Django neither do nor understand: `s:<id>.<signature>`. Put before it, this signs a plain id that comes in and takes the
 * signature off again on its way out. An id is more than 128 bits of chance, to which a signature adds nothing.
 *
 * A cookie that comes in signed is left as it is.
 */
export function plainCookie({ name, secret }: PlainCookieOptions): Middleware {
  const sign = (id: string): string => `s:${id}.${signatureOf(id, secret)}`;
  return (request, response, next) => {
    const { cookie } = request.headers;
    if (cookie !== undefined) request.headers.cookie = mapCookie(cookie, name, (id) => (isSigned(id) ? id : sign(id)));

    const setHeader = response.setHeader.bind(response);
    response.setHeader = (field, value) => {
      if (field.toLowerCase() !== 'set-cookie' || typeof value === 'number') return setHeader(field, value);
      const cookies = typeof value === 'string' ? [value] : value;
      return setHeader(
        field,
        cookies.map((line) => plainLine(line, name, secret)),
      );
    };
    next();
  };
}

/** A line of Set-Cookie: `name=value; attributes`. Only what we would have signed ourselves is made plain. */
function plainLine(line: string, name: string, secret: string): string {
  const end = line.includes(';') ? line.indexOf(';') : line.length;
  const plain = mapCookie(line.slice(0, end), name, (value) => {
    const [, id, signature] = /^s:(.+)\.([^.]*)$/s.exec(value) ?? [];
    if (id === undefined || signature === undefined) return value;
    return isEqual(signature, signatureOf(id, secret)) ? id : value;
  });
  return plain + line.slice(end);
}

/** @param cookie pairs of name and value, as the Cookie header has them */
function mapCookie(cookie: string, name: string, map: (value: string) => string): string {
  return cookie
    .split(';')
    .map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0 || pair.slice(0, at).trim() !== name) return pair;
      const value = decode(pair.slice(at + 1).trim());
      return value === '' ? pair : `${pair.slice(0, at)}=${encodeURIComponent(map(value))}`;
    })
    .join(';');
}

function isSigned(value: string): boolean {
  return value.startsWith('s:');
}

/** As the package cookie-signature makes it, which express-session uses. */
function signatureOf(id: string, secret: string): string {
  return createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A value that is not well encoded is nobody's session. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
