import { isDeepStrictEqual } from 'node:util';

/** A JSON value as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What became of one key: it has another value, it is gone, or it is an object in which keys changed. */
export type Change =
  | { readonly kind: 'put'; readonly value: Exclude<Json, JsonObject> }
  | { readonly kind: 'removed' }
  | { readonly kind: 'within'; readonly changes: Changes };

export type Changes = ReadonlyMap<string, Change>;

/**
 * What has to be done to `from` to make it `to`. Objects are compared key by key, all the way down; everything else is
 * one value, arrays too: that is as far as a merge patch reaches (RFC 7396).
 */
export function changesBetween(from: JsonObject, to: JsonObject): Changes {
  const changes = new Map<string, Change>();
  for (const [key, value] of Object.entries(to)) {
    const change = changeTo(Object.hasOwn(from, key) ? from[key] : undefined, value);
    if (change !== undefined) changes.set(key, change);
  }
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) changes.set(key, { kind: 'removed' });
  }
  return changes;
}

function changeTo(from: Json | undefined, to: Json): Change | undefined {
  if (!isJsonObject(to)) return isDeepStrictEqual(from, to) ? undefined : { kind: 'put', value: to };
  const changes = changesBetween(isJsonObject(from) ? from : {}, to);
  return isJsonObject(from) && changes.size === 0 ? undefined : { kind: 'within', changes };
}

/** The target with the changes made. The target itself stays as it is. */
export function applyChanges(target: JsonObject, changes: Changes): JsonObject {
  const result = new Map(Object.entries(target));
  for (const [key, change] of changes) {
    if (change.kind === 'removed') result.delete(key);
    else if (change.kind === 'put') result.set(key, change.value);
    else {
      const value = result.get(key);
      result.set(key, applyChanges(isJsonObject(value) ? value : {}, change.changes));
    }
  }
  return Object.fromEntries(result);
}

/** The changes as a merge patch; undefined where a key is to become null, which a merge patch cannot say. */
export function toMergePatch(changes: Changes): JsonObject | undefined {
  const patch = new Map<string, Json>();
  for (const [key, change] of changes) {
    const value = toPatchValue(change);
    if (value === undefined) return undefined;
    patch.set(key, value);
  }
  return Object.fromEntries(patch);
}

function toPatchValue(change: Change): Json | undefined {
  switch (change.kind) {
    case 'removed':
      return null;
    case 'put':
      return change.value ?? undefined;
    case 'within':
      return toMergePatch(change.changes);
  }
}
