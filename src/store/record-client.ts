import { Client } from 'memjs';
import type { Logger } from 'pino';
import type { MemcachedServer } from './memcached-server.ts';
import { setRequest } from './set-request.ts';

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

  /** What memjs's `set` does, from one buffer. @param expiration as memcached's field has it */
  put(key: string, value: Buffer, expiration: number, callback: (error: Error | null) => void): void {
    this.incrSeq();
    this.perform(key, setRequest(key, value, expiration, this.seq), this.seq, callback);
  }

  /** memjs's own numbers turn negative after 2^31 requests, and then it cannot write them down. */
  override incrSeq(): void {
    this.seq = (this.seq + 1) >>> 0;
  }
}
