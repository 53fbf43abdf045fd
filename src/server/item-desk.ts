import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { isKey } from '../protocol/key.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Oversized } from '../protocol/command.ts';
import { isError, TOO_LARGE } from '../protocol/reply.ts';
import type { ReplyShape } from '../protocol/reply-shape.ts';
import type { ItemOperation } from '../session/item-operation.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { DoorCounts } from './door-counts.ts';
import { InOrder } from './in-order.ts';
import type { KeyPlace, KeyTable } from './key-table.ts';
import { LockDesk, type LockDeskParts } from './lock-desk.ts';
import type { MeshDesk } from './mesh-desk.ts';
import { SeenVersions } from './seen-versions.ts';
import { Steering, type Ownership } from './steering.ts';
import { asksForDefaultLife, isAdd, isPlaceholder, isProbe, toOperation, type ItemCommand } from './to-operation.ts';
import { absent, toProbeReply, toReply } from './to-reply.ts';

export interface ItemDeskParts extends LockDeskParts {
  readonly mesh: MeshDesk;
  readonly keys: KeyTable;
  readonly ownership: Ownership;
  readonly isSteering: boolean;
  readonly counts: DoorCounts;
  readonly metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** A value whose life is over: it takes the place of what stands there, and leaves nothing (not even a tombstone). */
const OVER_ALREADY: ItemOperation = {
  ...{ kind: 'store', mode: 'set', flags: 0, lifeSeconds: -1, isInvalidating: false },
  value: Buffer.alloc(0),
};
const OVERSIZED: ItemCommand = {
  ...{ kind: 'store', mode: 'set', key: '', flags: 0, exptime: -1, cas: undefined, isInvalidating: false },
  value: Buffer.alloc(0),
};

const NOT_STORED: Reply = { kind: 'not-stored' };

/** What one client asks about keys: sessions, their locks, and any others. */
export class ItemDesk {
  readonly #parts: ItemDeskParts;
  readonly #locks: LockDesk;
  readonly #steering: Steering;
  readonly #inOrder = new InOrder();
  readonly #seen = new SeenVersions();

  constructor(parts: ItemDeskParts) {
    this.#parts = parts;
    this.#locks = new LockDesk(parts);
    this.#steering = new Steering(parts.ownership);
  }

  /** Never rejects. */
  answer(command: ItemCommand, shape: ReplyShape): Soon<Reply> {
    // The decoder lets those pass that store nothing. Nothing can be there, so nobody has to be asked.
    if (!isKey(command.key)) return this.#absent(command);
    const place = this.#parts.keys.find(command.key);
    if (place.kind === 'lock') return this.#inOrder.run(place.id, () => this.#locks.answer(command, place.id));
    if (place.kind === 'session') {
      if (isProbe(command)) return this.#probe(command, place);
      if (this.#isSteeredAway(command, place, shape)) return NOT_STORED;
    }
    return this.#ask(command, place, shape);
  }

  /** A store that is too large. Never rejects. */
  answerOversized({ key }: Oversized): Soon<Reply> {
    const { counts, keys } = this.#parts;
    counts.add('cmd_set');
    const place = keys.find(key);
    return this.#inOrder.run(place.id, () => this.#refuseTooLarge(place));
  }

  /** An error of another kind where what stands there had to go, and may still be there (S3). */
  #refuseTooLarge({ id, isCache, isSession }: KeyPlace): Soon<Reply> {
    if (!isCache) return TOO_LARGE;
    const command = { kind: 'item', id, isSession, operation: OVER_ALREADY } as const;
    return this.#parts.mesh.ask(command, 'oversized', (answer) => {
      const reply = toReply(OVERSIZED, answer);
      return isError(reply) ? reply : TOO_LARGE;
    });
  }

  close(): void {
    this.#locks.close();
  }

  #absent(command: ItemCommand): Reply {
    const reply = absent(command);
    this.#parts.counts.answered(command, reply);
    return reply;
  }

  #ask(command: ItemCommand, place: KeyPlace, shape: ReplyShape): Soon<Reply> {
    const { clock, counts, mesh, metrics } = this.#parts;
    const { id, isSession } = place;
    const operation = this.#withSeen(toOperation(command, shape.protocol === 'meta', clock.now()), place);
    if (asksForDefaultLife(command)) {
      counts.add('ttl_defaulted');
      metrics.count('ttlDefaulted', {});
    }
    return this.#inOrder.run(id, () => {
      const reply = mesh.ask(
        { kind: 'item', id, isSession, operation },
        nameOf(command),
        (answer) => {
          if (place.isLockable === true && operation.kind === 'read') this.#seen.note(id, answer);
          return toReply(command, answer);
        },
        (known) => counts.answered(command, known),
      );
      // Too large for its owner, though not for this door: what grew by an append, or a smaller limit there.
      if (!place.isCache || command.kind !== 'store') return reply;
      return whenKnown(reply, (known) => (known.kind === 'too-large' ? this.#refuseTooLarge(place) : known));
    });
  }

  /** What it had been told when it sent this; not what it is being told meanwhile. */
  #withSeen(operation: ItemOperation, { id, isLockable }: KeyPlace): ItemOperation {
    if (isLockable !== true || operation.kind !== 'store') return operation;
    const seen = this.#seen.of(id);
    return seen === undefined ? operation : { ...operation, seen };
  }

  #probe(command: ItemCommand, { id, isSession }: KeyPlace): Soon<Reply> {
    const { counts, mesh } = this.#parts;
    counts.add('cmd_set');
    return this.#inOrder.run(id, () =>
      mesh.ask({ kind: 'item', id, isSession, operation: { kind: 'probe' } }, 'probe', (answer) =>
        toProbeReply(command, answer),
      ),
    );
  }

  /** A client that does not hear of it cannot draw again. */
  #isSteeredAway(command: ItemCommand, { id }: KeyPlace, shape: ReplyShape): boolean {
    const { counts, isSteering, metrics } = this.#parts;
    if (!isSteering || !isAdd(command) || (shape.protocol === 'text' && shape.answer === 'nothing')) return false;
    if (!this.#steering.refuses(id, isPlaceholder(command))) return false;
    counts.add('cmd_set');
    counts.add('steered');
    metrics.count('steered', {});
    return true;
  }
}

function nameOf(command: ItemCommand): string {
  if (command.kind === 'store') return command.mode;
  return command.kind === 'arithmetic' ? command.direction : command.kind;
}
