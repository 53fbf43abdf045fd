const RELATIVE_LIMIT_SECONDS = 60 * 60 * 24 * 30;
const FIELD_MAX = 0xffff_ffff;

/**
 * What memcached's 32-bit expiration field has to say so that a record lives for `ttlSeconds`: up to 30 days it is
 * relative, above that a moment in seconds since the epoch (protocol.txt, "Expiration times").
 *
 * One second more than asked: memcached counts ticks of its own second, and would drop a record with a TTL of 1 somewhere
 * between now and a second from now. The record itself knows its exact end.
 */
export function memcachedExpiration(ttlSeconds: number, nowMs: number): number {
  const seconds = ttlSeconds + 1;
  if (seconds <= RELATIVE_LIMIT_SECONDS) return seconds;
  return Math.min(Math.floor(nowMs / 1000) + seconds, FIELD_MAX);
}
