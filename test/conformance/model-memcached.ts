import type {
  Arithmetic,
  MemcachedCommand,
  MarkStale,
  MemcachedRead,
  MemcachedStore,
} from '../../src/doors/memcached/protocol/command.ts';
import { lifeOf, type Exptime } from '../../src/doors/memcached/protocol/exptime.ts';
import type { MemcachedHit, MemcachedReply } from '../../src/doors/memcached/protocol/reply.ts';
import { itemStats } from '../../src/doors/memcached/item-stats.ts';

interface Item {
  value: Buffer;
  flags: number;
  cas: number;
  /** Milliseconds; undefined: never. */
  expiresAt: number | undefined;
  wasFetched: boolean;
  isStale: boolean;
  /** Whether somebody has won the right to recache it. */
  isTaken: boolean;
}

const TWO_TO_64 = 1n << 64n;

/** What memcached takes for a number: white space before and after it, more after that. */
const NUMBER = /^\s*\+?(\d{1,20})(?:\s|$)/;

/**
 * The semantics of memcached 1.6.18 in few lines, for tests of the codecs: whatever differs between its replies and
 * memcached's then comes from the bytes. Its time stands still.
 */
export class ModelMemcached {
  readonly #items = new Map<string, Item>();
  readonly #nowMs = 1_700_000_000_000;
  #lastCas = 0;

  execute(command: MemcachedCommand): MemcachedReply {
    switch (command.kind) {
      case 'read':
        return this.#read(command);
      case 'store':
        return this.#store(command);
      case 'oversized':
        // What is a session is the server's to know; here by the one prefix that these tests use.
        if (!command.key.startsWith('sess:')) this.#items.delete(command.key);
        return { kind: 'too-large' };
      case 'delete':
        return this.#delete(command.key, command.cas);
      case 'mark-stale':
        return this.#markStale(command);
      case 'arithmetic':
        return this.#arithmetic(command);
      case 'touch': {
        const item = this.#find(command.key);
        if (item === undefined) return { kind: 'not-found' };
        item.expiresAt = this.#deadline(command.exptime);
        item.wasFetched = true;
        return { kind: 'touched', flags: item.flags, cas: item.cas };
      }
      case 'inspect': {
        const item = this.#find(command.key);
        return item === undefined ? { kind: 'miss' } : this.#hit(item);
      }
      case 'flush-all':
        this.#items.clear();
        this.#nextCas();
        return { kind: 'ok' };
      case 'stats':
        if (command.argument === 'reset') return { kind: 'stats-reset' };
        return itemStats(command.argument) ?? { kind: 'unknown-stats' };
      case 'version':
        return { kind: 'version', version: '1.6.18' };
      case 'noop':
      case 'quit':
      case 'verbosity':
        return { kind: 'ok' };
      case 'sasl-list':
      case 'sasl-start':
      case 'sasl-step':
        return { kind: 'unknown-command' };
    }
  }

  #read({ key, touch, vivify, recache, isPeek }: MemcachedRead): MemcachedReply {
    const found = this.#find(key);
    if (found === undefined && vivify === undefined) return { kind: 'miss' };
    const item = found ?? this.#put(key, Buffer.alloc(0), 0, vivify ?? 0);
    const wasTaken = item.isTaken;
    const hasWon =
      found === undefined || (!wasTaken && (item.isStale || (recache !== undefined && this.#isShort(item, recache))));
    if (found !== undefined && touch !== undefined) item.expiresAt = this.#deadline(touch);
    if (hasWon) item.isTaken = true;
    const recached = hasWon ? ({ recache: 'won' } as const) : wasTaken ? ({ recache: 'taken' } as const) : {};
    const hit: MemcachedHit = { ...this.#hit(item), ...recached };
    if (!isPeek) item.wasFetched = true;
    return hit;
  }

  #isShort(item: Item, recache: Exptime): boolean {
    const deadline = this.#deadline(recache);
    return item.expiresAt !== undefined && deadline !== undefined && item.expiresAt < deadline;
  }

  #store({ mode, key, value, flags, exptime, cas, isInvalidating }: MemcachedStore): MemcachedReply {
    const old = this.#find(key);
    if (old === undefined) {
      if (mode === 'cas') return { kind: 'not-found' };
      if (mode !== 'set' && mode !== 'add') return { kind: 'not-stored' };
      return { kind: 'stored', cas: this.#put(key, value, flags, exptime).cas };
    }
    switch (mode) {
      case 'add':
        return { kind: 'not-stored' };
      case 'append':
      case 'prepend': {
        if (cas !== undefined && cas !== old.cas) return { kind: 'exists' };
        const parts = mode === 'append' ? [old.value, value] : [value, old.value];
        const item = this.#put(key, Buffer.concat(parts), old.flags, 0);
        item.expiresAt = old.expiresAt;
        return { kind: 'stored', cas: item.cas };
      }
      case 'cas': {
        if (cas === old.cas) break;
        if (!isInvalidating || cas === undefined || cas === 0 || cas > old.cas) return { kind: 'exists' };
        const item = this.#put(key, value, flags, 0);
        Object.assign(item, { expiresAt: old.expiresAt, isStale: true, isTaken: old.isTaken });
        return { kind: 'stored', cas: item.cas };
      }
      case 'set':
      case 'replace':
        break;
    }
    return { kind: 'stored', cas: this.#put(key, value, flags, exptime).cas };
  }

  #delete(key: string, cas: number | undefined): MemcachedReply {
    const item = this.#find(key);
    if (item === undefined) return { kind: 'not-found' };
    if (cas !== undefined && cas !== item.cas) return { kind: 'exists' };
    this.#items.delete(key);
    return { kind: 'deleted' };
  }

  #markStale({ key, cas, exptime }: MarkStale): MemcachedReply {
    const item = this.#find(key);
    if (item === undefined) return { kind: 'not-found' };
    if (cas !== undefined && cas !== item.cas) return { kind: 'exists' };
    if (exptime !== undefined) item.expiresAt = this.#deadline(exptime);
    Object.assign(item, { isStale: true, isTaken: false, cas: this.#nextCas() });
    return { kind: 'ok' };
  }

  #arithmetic({ key, direction, delta, initial, touch, cas }: Arithmetic): MemcachedReply {
    const item = this.#find(key);
    if (item === undefined) {
      if (initial === undefined) return { kind: 'not-found' };
      const created = this.#put(key, Buffer.from(initial.value.toString()), 0, initial.exptime);
      return { kind: 'number', value: initial.value, cas: created.cas, isCreated: true, ...this.#ttl(created) };
    }
    if (cas !== undefined && item.value.length > 0 && cas !== item.cas) return { kind: 'exists' };
    const digits = NUMBER.exec(item.value.toString('latin1'))?.[1];
    if (digits === undefined || BigInt(digits) >= TWO_TO_64) return { kind: 'non-numeric' };
    const old = BigInt(digits);
    const value = direction === 'incr' ? (old + delta) % TWO_TO_64 : old > delta ? old - delta : 0n;
    // A number that has become shorter is padded in place.
    item.value = Buffer.from(value.toString().padEnd(item.value.length, ' '));
    item.cas = this.#nextCas();
    if (touch !== undefined) item.expiresAt = this.#deadline(touch);
    return { kind: 'number', value, cas: item.cas, ...this.#ttl(item) };
  }

  #put(key: string, value: Buffer, flags: number, exptime: Exptime): Item {
    const item: Item = {
      value: Buffer.from(value),
      flags,
      cas: this.#nextCas(),
      expiresAt: this.#deadline(exptime),
      wasFetched: false,
      isStale: false,
      isTaken: false,
    };
    this.#items.set(key, item);
    return item;
  }

  #find(key: string): Item | undefined {
    const item = this.#items.get(key);
    if (item?.expiresAt === undefined || item.expiresAt > this.#nowMs) return item;
    this.#items.delete(key);
    return undefined;
  }

  #hit(item: Item): MemcachedHit {
    const { value, flags, cas, wasFetched, isStale } = item;
    return { kind: 'hit', value, flags, cas, wasFetched, isStale, lastAccessSeconds: 0, ...this.#ttl(item) };
  }

  #ttl({ expiresAt }: Item): { ttlSeconds?: number } {
    return expiresAt === undefined ? {} : { ttlSeconds: (expiresAt - this.#nowMs) / 1000 };
  }

  #deadline(exptime: Exptime): number | undefined {
    const life = lifeOf(exptime, this.#nowMs);
    switch (life.kind) {
      case 'unlimited':
        return undefined;
      case 'over':
        return this.#nowMs;
      case 'limited':
        return this.#nowMs + life.seconds * 1000;
    }
  }

  #nextCas(): number {
    return ++this.#lastCas;
  }
}
