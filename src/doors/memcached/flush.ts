import type { Clock, Timer } from '../../clock.ts';
import { lifeOf, type Exptime } from './protocol/exptime.ts';
import { isError, type MemcachedReply } from './protocol/reply.ts';
import type { Letter } from '../../session/letter.ts';
import type { MeteredDispatch } from '../kit/metered-dispatch.ts';
import type { DoorCounts } from './door-counts.ts';
import { INTERNAL, toFlushReply } from './to-reply.ts';

const OK: MemcachedReply = { kind: 'ok' };
const REFUSED: MemcachedReply = { kind: 'flush-refused' };

export interface FlushParts {
  readonly isAllowed: boolean;
  /** Every node of the map. */
  readonly letters: readonly Letter[];
  readonly mesh: Pick<MeteredDispatch, 'ask'>;
  readonly counts: DoorCounts;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** `flush_all`: drops what every node has, where that is allowed at all. */
export class Flush {
  readonly #parts: FlushParts;
  #later: Timer | undefined;

  constructor(parts: FlushParts) {
    this.#parts = parts;
  }

  /** With an exptime in the future it is answered at once and done then; as in memcached, the last word counts. */
  answer(exptime: Exptime): MemcachedReply | Promise<MemcachedReply> {
    const { clock, counts, isAllowed } = this.#parts;
    if (!isAllowed) return REFUSED;
    counts.add('cmd_flush');
    this.#later?.cancel();
    const life = lifeOf(exptime, clock.now());
    if (life.kind !== 'limited') return this.#flush();
    this.#later = clock.after(life.seconds * 1000, () => void this.#flush());
    return OK;
  }

  async #flush(): Promise<MemcachedReply> {
    const { letters, mesh } = this.#parts;
    const replies = await Promise.all(
      // A letter is an id of its own node's.
      letters.map(async (id) =>
        mesh.ask({ kind: 'flush', id }, { name: 'flush', fault: INTERNAL, judge: toFlushReply }),
      ),
    );
    return replies.find(isError) ?? OK;
  }
}
