import { LRUCache } from 'lru-cache';
import { isJson } from './json-content.ts';
import type { LiveRecord } from '../session/record.ts';

/** When an item was last used, as far as its owner remembers. */
export interface Access {
  /** The wall clock, in milliseconds. */
  readonly at: number;
  /** Whether anybody has read it. */
  readonly wasFetched: boolean;
}

/** Changed in place: an item in use is noted with every request. */
interface Trace {
  at: number;
  wasFetched: boolean;
  version: number;
  isPlain: boolean;
}

/** Beyond these, the items noted first count as never read. */
const ITEMS_REMEMBERED = 20_000;

/** The owner's bounded memory of who used which item when: what memcached's meta protocol tells of, and no more than that. */
export class ItemAccesses {
  readonly #traces = new LRUCache<string, Trace>({ max: ITEMS_REMEMBERED });

  /** Of what is not remembered, that it was written, and not read since. */
  of({ id, version, expiresAt, ttlSeconds }: LiveRecord): Access {
    const trace = this.#traces.peek(id);
    if (trace?.version !== version) return { at: expiresAt - ttlSeconds * 1000, wasFetched: false };
    return { at: trace.at, wasFetched: trace.wasFetched };
  }

  note({ id, version, content, grave }: LiveRecord, { at, wasFetched }: Access): void {
    const trace = this.#traces.peek(id);
    if (trace?.version === version) {
      trace.at = at;
      trace.wasFetched = wasFetched;
      return;
    }
    const isPlain = grave === undefined && !isJson(content);
    if (trace === undefined) this.#traces.set(id, { version, at, wasFetched, isPlain });
    else Object.assign(trace, { version, at, wasFetched, isPlain });
  }

  /** The version of this item when it was last used, if it was no JSON document then, and did not stand on a grave. */
  plainVersion(id: string): number | undefined {
    const trace = this.#traces.peek(id);
    return trace?.isPlain === true ? trace.version : undefined;
  }
}
