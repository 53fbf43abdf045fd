import type { Content } from '../session/command.ts';
import { countKeys, MAX_MERGE_KEYS } from '../session/json-keys.ts';
import { parseJson } from './merge-patch.ts';

/** What a memcached client stores: it names no type. */
const UNTYPED = 'application/octet-stream';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

export function isJson(content: Content): boolean {
  return JSON_TYPE.test(content.contentType);
}

/** Whether merging would take so long that this node answers nobody meanwhile. Tells without parsing. */
export function isTooMuchToMerge(content: Content, patch: Buffer): boolean {
  const inPatch = countKeys(patch, MAX_MERGE_KEYS);
  if (!isJson(content)) return inPatch > MAX_MERGE_KEYS;
  return inPatch + countKeys(content.payload, MAX_MERGE_KEYS - inPatch) > MAX_MERGE_KEYS;
}

/** The type of bytes that come without one: where they follow a JSON document and are one, it stays a JSON document. */
export function typeOf(payload: Buffer, former: Content | undefined): string {
  const staysJson = former !== undefined && isJson(former) && parseJson(payload) !== undefined;
  return staysJson ? former.contentType : UNTYPED;
}
