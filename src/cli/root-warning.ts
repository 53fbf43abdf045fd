import type { Logger } from 'pino';

const ROOT = 0;

/** Root needs no permission to anything: nor does an attacker who finds a fault in a daemon or a Memcached that is root. */
export function warnOfRoot(userId: number | undefined, log: Pick<Logger, 'warn'>): void {
  if (userId !== ROOT) return;
  log.warn(
    'this daemon runs as root, and so does its Memcached: give it a user of its own, which is not the one of the web server (docs/operating.md#the-user)',
  );
}
