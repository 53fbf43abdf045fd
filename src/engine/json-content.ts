import { isLongWork, type LongWork } from '../long-work.ts';
import {
  isAcceptableJson,
  isJsonType,
  MAX_MERGE_VALUES,
  readJson,
  type JsonFault,
  type Json,
  type JsonObject,
} from '../session/acceptable.ts';
import type { Content } from '../session/command.ts';

/** What a memcached client stores: it names no type. */
const UNTYPED = 'application/octet-stream';

type Unmerged = 'TOO_MANY_KEYS' | 'NOT_JSON';

/** The content with this merge patch (JSON text) applied to it, or why it cannot be. In pieces where it takes long. */
export async function merged(content: Content, patchText: Buffer, work: LongWork): Promise<Content | Unmerged> {
  const isLong = isLongWork(content.payload.length + patchText.length);
  if (isLong) await work.piece();
  const patch = readJson(patchText, MAX_MERGE_VALUES);
  if (patch.kind === 'refused') return unmerged(patch.fault);
  if (!isJson(content) || !isObject(patch.value)) return 'NOT_JSON';
  if (isLong) await work.piece();
  const target = readJson(content.payload, MAX_MERGE_VALUES - patch.values);
  if (target.kind === 'refused') return unmerged(target.fault);
  if (!isObject(target.value)) return 'NOT_JSON';
  if (isLong) await work.piece();
  return { ...content, payload: Buffer.from(JSON.stringify(mergePatch(target.value, patch.value))) };
}

/** The type of bytes that come without one: where they follow a JSON document and are one, it stays a JSON document. */
export function typeOf(payload: Buffer, former: Content | undefined): string {
  const staysJson = former !== undefined && isJson(former) && isAcceptableJson(payload);
  return staysJson ? former.contentType : UNTYPED;
}

/** What another node hands over: what claims to be JSON and is none that a door lets in is kept as the bytes it is. */
export function withHonestType(content: Content): Content {
  if (!isJson(content) || isAcceptableJson(content.payload)) return content;
  return { ...content, contentType: UNTYPED };
}

/** Whether storing these bytes over that content means reading a long JSON text. */
export function isLongToType(bytes: number, former: Content | undefined): boolean {
  return former !== undefined && isLongWork(bytes) && isJson(former);
}

export function isJson({ contentType }: Content): boolean {
  return isJsonType(contentType);
}

function unmerged(fault: JsonFault): Unmerged {
  return fault === 'too-many-values' ? 'TOO_MANY_KEYS' : 'NOT_JSON';
}

/**
 * Applies a JSON merge patch (RFC 7396): objects merge key by key, null removes a key, everything else replaces.
 * Neither argument is changed.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  // fromEntries defines own properties, so a key named __proto__ stays a key.
  return Object.fromEntries(merged);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
