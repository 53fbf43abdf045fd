import { Client } from 'memjs';
import type { Logger } from 'pino';
import type { MemcachedServer } from './memcached-server.ts';

/** memjs's client for one server, with its own retries off: a write that may have happened is never sent again. */
export class RecordClient extends Client<Buffer> {
  override seq = 0;

  constructor(server: MemcachedServer, log: Logger) {
    super([server], {
      retries: 1,
      failover: false,
      logger: { log: (...words: unknown[]) => log.debug({ words }, 'memjs') },
    });
  }

  /** memjs's own numbers turn negative after 2^31 requests, and then it cannot write them down. */
  override incrSeq(): void {
    this.seq = (this.seq + 1) >>> 0;
  }
}
