import type { Credentials } from '../kit/credentials.ts';

/** SASL mechanisms that this door knows. */
export const MECHANISMS = 'PLAIN';

const NUL = '\0';

/** RFC 4616: authorization identity, which may be left out, user and password, with NUL between. */
export function acceptsPlain(credentials: Credentials, message: Buffer): boolean {
  const parts = message.toString('latin1').split(NUL);
  const [identity, user, password] = parts;
  if (parts.length !== 3 || user === undefined || password === undefined) return false;
  return (identity === '' || identity === user) && credentials.accepts(user, password);
}

/** memcached's own way for its text protocol: `set` of any key to user and password, with a space between. */
export function acceptsText(credentials: Credentials, value: Buffer): boolean {
  const text = value.toString('latin1');
  const at = text.indexOf(' ');
  return at !== -1 && credentials.accepts(text.slice(0, at), text.slice(at + 1));
}
