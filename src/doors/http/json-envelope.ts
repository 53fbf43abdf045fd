import { isAscii } from 'node:buffer';
import type { Content } from '../../session/command.ts';
import type { Letter } from '../../session/letter.ts';

export const JSON_TYPE = 'application/json';

/** What every answer says of a session, around its data. */
export interface SessionHead {
  readonly id: string;
  readonly version: number;
  readonly ttlSeconds: number;
  readonly owner: Letter;
  /** Goes in after the others; keys that are undefined are left out. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The JSON object of a session without its data. */
export function encodeHead(head: SessionHead): string {
  return `${openObject(head)}}`;
}

/**
 * The content that a JSON value is kept as: its compact text. A number is what JavaScript makes of it (2^53 + 1 is
 * rounded); who needs the text exactly as it is sends the bytes to `/data`.
 */
export function jsonContent(value: unknown): Content {
  return { contentType: JSON_TYPE, flags: 0, payload: Buffer.from(JSON.stringify(value), 'utf8') };
}

/**
 * The JSON object of a session. JSON data goes in as the bytes that are stored, neither parsed nor written anew: what
 * was kept is what is read. Other content is named by its type and by the URL of its bytes.
 */
export function encodeEnvelope(head: SessionHead, content: Content): string | Buffer {
  if (!isShownAsJson(content)) {
    const dataUrl = `/v1/sessions/${head.id}/data`;
    return `${openObject(head)},"contentType":${JSON.stringify(content.contentType)},"dataUrl":${JSON.stringify(dataUrl)}}`;
  }
  const { payload } = content;
  const before = `${openObject(head)},"data":`;
  if (payload.length <= TEXT_BYTES && isAscii(payload)) return `${before}${payload.toString('latin1')}}`;
  return Buffer.concat([Buffer.from(before, 'utf8'), payload, CLOSING_BRACE]);
}

/**
 * Up to here ASCII data is answered as text: Node sends it off in one piece with the headers, and bytes in a piece of
 * their own. Larger data is cheaper to copy once than to make text of.
 */
const TEXT_BYTES = 8192;

/** All but the closing brace. By hand, because each answer has these four, and only an id could need escapes. */
function openObject({ id, version, ttlSeconds, owner, more }: SessionHead): string {
  const always = `{"id":${JSON.stringify(id)},"version":${version},"ttlSeconds":${ttlSeconds},"owner":"${owner}"`;
  const further = more === undefined ? EMPTY_OBJECT : JSON.stringify(more);
  return further === EMPTY_OBJECT ? always : `${always},${further.slice(1, -1)}`;
}

const EMPTY_OBJECT = '{}';
const CLOSING_BRACE = Buffer.from('}');

/** Every door takes JSON in under exactly this type, and only after it was parsed; no JSON text is empty. */
function isShownAsJson({ contentType, payload }: Content): boolean {
  return contentType === JSON_TYPE && payload.length > 0;
}
