import { LRUCache } from 'lru-cache';
import type { SessionRecord } from '../session/record.ts';

/** A record as the vault finds it. */
export interface FoundRecord {
  readonly kind: 'record';
  readonly record: SessionRecord;
}

/** What a record costs beyond its payload: objects, strings, slots of tables. */
const RECORD_OVERHEAD_BYTES = 700;

/** A payload that pins more than this many times its own bytes (a part of a large chunk) is copied. */
const MOST_PINNED = 2;

const MEBIBYTE = 1024 * 1024;

/**
 * The records that were stored or read lately, bounded in bytes. The owner is its store's only gateway, so what it knows
 * the store to hold cannot be old. It is told before each write, for until that is acknowledged nobody knows.
 */
export class HotRecords {
  readonly #records: LRUCache<string, FoundRecord> | undefined;
  #age = 0;

  /** @param megabytes 0: keeps none */
  constructor(megabytes: number) {
    if (megabytes > 0) this.#records = new LRUCache({ maxSize: megabytes * MEBIBYTE });
  }

  /** Changes when everything is forgotten: what was asked of the store before says nothing of it after. */
  get age(): number {
    return this.#age;
  }

  find(id: string): FoundRecord | undefined {
    return this.#records?.get(id);
  }

  /**
   * The store holds this.
   *
   * @param age when it was asked
   */
  keep(found: FoundRecord, age: number): void {
    if (this.#records === undefined || age !== this.#age) return;
    const own = withOwnPayload(found);
    const bytes = own.record.content?.payload.buffer.byteLength ?? 0;
    this.#records.set(own.record.id, own, { size: RECORD_OVERHEAD_BYTES + bytes });
  }

  /** The store may hold something else from now on. */
  forget(id: string): void {
    this.#records?.delete(id);
  }

  forgetAll(): void {
    this.#age += 1;
    this.#records?.clear();
  }
}

function withOwnPayload(found: FoundRecord): FoundRecord {
  const { record } = found;
  const { content } = record;
  if (content === undefined || content.payload.buffer.byteLength <= MOST_PINNED * content.payload.length) return found;
  // Not from Buffer's shared pool, which is larger than most payloads.
  const payload = Buffer.allocUnsafeSlow(content.payload.length);
  content.payload.copy(payload);
  return { kind: 'record', record: { ...record, content: { ...content, payload } } };
}
