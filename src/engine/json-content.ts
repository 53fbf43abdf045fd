import type { Content } from '../session/command.ts';
import { parseJson } from './merge-patch.ts';

/** What a memcached client stores: it names no type. */
const UNTYPED = 'application/octet-stream';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

export function isJson(content: Content): boolean {
  return JSON_TYPE.test(content.contentType);
}

/** The type of bytes that come without one: where they follow a JSON document and are one, it stays a JSON document. */
export function typeOf(payload: Buffer, former: Content | undefined): string {
  const staysJson = former !== undefined && isJson(former) && parseJson(payload) !== undefined;
  return staysJson ? former.contentType : UNTYPED;
}
