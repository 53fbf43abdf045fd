import type {
  Arithmetic,
  Delete,
  Inspect,
  MarkStale,
  MemcachedRead,
  MemcachedStore,
  Touch,
} from './protocol/command.ts';
import { lifeOf, type Exptime } from './protocol/exptime.ts';
import type { ItemOperation } from '../../session/item-operation.ts';

/** What is asked about one key. */
export type KeyCommand = MemcachedRead | MemcachedStore | Delete | MarkStale | Arithmetic | Touch | Inspect;

/** By far the most frequent one. */
const PLAIN_READ: ItemOperation = { kind: 'read', canWin: false, isPeek: false };

/** Item operations have it so: 0 for the default life, -1 for "expired already". */
const DEFAULT_LIFE = 0;
const EXPIRED = -1;

/** 31 days: above memcached's 30, so that it is a moment in 1971, and what PHP adds with it is gone at once. */
const PROBE_EXPTIME = 2_678_400;

/**
 * A protocol's command as the mesh has it.
 *
 * @param isMeta whether the client speaks the meta protocol, and so knows of items that are stale and won
 * @param nowMs the wall clock: a client may name a moment, the mesh does not
 */
export function toOperation(command: KeyCommand, isMeta: boolean, nowMs: number): ItemOperation {
  switch (command.kind) {
    case 'read':
      return toRead(command, isMeta, nowMs);
    case 'store':
      return {
        kind: 'store',
        mode: command.mode,
        flags: command.flags,
        lifeSeconds: lifeSeconds(command.exptime, nowMs),
        ...withCas(command.cas),
        isInvalidating: command.isInvalidating,
        value: command.value,
      };
    case 'delete':
      return { kind: 'delete', ...withCas(command.cas) };
    case 'mark-stale':
      return {
        kind: 'mark-stale',
        ...withCas(command.cas),
        ...(command.exptime !== undefined && { lifeSeconds: lifeSeconds(command.exptime, nowMs) }),
      };
    case 'arithmetic': {
      const { delta, direction, initial, touch } = command;
      return {
        kind: 'arithmetic',
        direction,
        delta,
        ...(initial !== undefined && {
          initial: { value: initial.value, lifeSeconds: lifeSeconds(initial.exptime, nowMs) },
        }),
        ...(touch !== undefined && { touchSeconds: lifeSeconds(touch, nowMs) }),
        ...withCas(command.cas),
      };
    }
    case 'touch':
      return { kind: 'touch', lifeSeconds: lifeSeconds(command.exptime, nowMs) };
    case 'inspect':
      return { kind: 'inspect' };
  }
}

function toRead({ touch, vivify, recache, isPeek }: MemcachedRead, isMeta: boolean, nowMs: number): ItemOperation {
  if (!isMeta && touch === undefined) return PLAIN_READ;
  return {
    kind: 'read',
    ...(touch !== undefined && { touchSeconds: lifeSeconds(touch, nowMs) }),
    ...(vivify !== undefined && { vivifySeconds: lifeSeconds(vivify, nowMs) }),
    ...(recache !== undefined && { recacheBelowSeconds: Math.max(0, lifeSeconds(recache, nowMs)) }),
    canWin: isMeta,
    isPeek,
  };
}

/** PHP's memcached extension asks whether a session is there by adding nothing to it, in such a way that nothing stays. */
export function isProbe(command: KeyCommand): boolean {
  return isPlaceholder(command) && command.exptime === PROBE_EXPTIME;
}

/** An empty `add`, with which PHP reserves an id. */
export function isPlaceholder(command: KeyCommand): command is MemcachedStore {
  return isAdd(command) && command.value.length === 0;
}

export function isAdd(command: KeyCommand): command is MemcachedStore {
  return command.kind === 'store' && command.mode === 'add';
}

/** Whether it gives an item a life without end, which here becomes the default one. */
export function asksForDefaultLife(command: KeyCommand): boolean {
  switch (command.kind) {
    case 'read':
      return command.touch === 0 || command.vivify === 0;
    case 'store':
      return command.exptime === 0 && command.mode !== 'append' && command.mode !== 'prepend';
    case 'touch':
    case 'mark-stale':
      return command.exptime === 0;
    case 'arithmetic':
      return command.touch === 0 || command.initial?.exptime === 0;
    case 'delete':
    case 'inspect':
      return false;
  }
}

function lifeSeconds(exptime: Exptime, nowMs: number): number {
  const life = lifeOf(exptime, nowMs);
  switch (life.kind) {
    case 'unlimited':
      return DEFAULT_LIFE;
    case 'over':
      return EXPIRED;
    case 'limited':
      return life.seconds;
  }
}

/** A cas above 2^53-1 is none that we gave; as the largest that travels, it still equals none and compares as larger. */
function withCas(cas: number | undefined): { cas?: number } {
  return cas === undefined ? {} : { cas: Math.min(cas, Number.MAX_SAFE_INTEGER) };
}
