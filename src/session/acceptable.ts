import { isUtf8 } from 'node:buffer';
import { MAX_GRACE_SECONDS, MAX_LIFE_SECONDS, type Content, type SessionCommand } from './command.ts';
import { isMintedForm } from './session-id.ts';

/** A JSON value as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/**
 * Keys and values in one JSON text. Parsing costs by these, not by the byte: so many take about 25 ms of an event loop
 * on which a peer is suspected after 150 ms.
 */
export const MAX_JSON_VALUES = 40_000;

/** In a session and the merge patch for it, together: a merge parses both, and writes the result. */
export const MAX_MERGE_VALUES = 20_000;

/**
 * Deeper JSON is refused. Parsing it would do no harm, but who walks it by recursion (a merge, a serialiser, a client in
 * another language) runs out of stack somewhere.
 */
export const MAX_JSON_DEPTH = 128;

export type JsonFault = 'not-json' | 'too-deep' | 'too-many-values';

export type JsonReading =
  | { readonly kind: 'json'; readonly value: Json; readonly values: number }
  | { readonly kind: 'refused'; readonly fault: JsonFault };

/** The media types that claim to be JSON: everybody who reads such content relies on that. */
export const JSON_TYPE_FORM = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

export function isJsonType(contentType: string): boolean {
  return JSON_TYPE_FORM.test(contentType);
}

/**
 * The one judge of JSON, for every way in: UTF-8 without a byte order mark, at most 128 levels deep, no more keys and
 * values than are parsed in a moment, no number that is infinite to JavaScript (a merge would make it null), and no key
 * `__proto__` or `constructor.prototype` anywhere. What has too much in it is refused before it is parsed.
 */
export function readJson(bytes: Buffer, maxValues = MAX_JSON_VALUES): JsonReading {
  // A byte order mark is no JSON to JSON.parse; a decoder that passes over it would leave it in the middle of an answer.
  if (!isUtf8(bytes)) return NOT_JSON;
  const look = lookOver(bytes, maxValues);
  if (look.fault !== undefined) return { kind: 'refused', fault: look.fault };
  const text = bytes.toString('utf8');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return NOT_JSON;
  }
  const isHarmless = !(look.hasLongNumber || mayHaveHarmfulKey(text)) || hasNothingHarmful(value);
  return isHarmless ? { kind: 'json', value, values: look.values } : NOT_JSON;
}

export function isAcceptableJson(bytes: Buffer): boolean {
  return readJson(bytes).kind === 'json';
}

const NOT_JSON: JsonReading = { kind: 'refused', fault: 'not-json' };

interface Look {
  /** As commas, colons and opening brackets count them: one too many for each empty object or array. */
  readonly values: number;
  /** One that has an exponent, or more digits than a finite number needs. */
  readonly hasLongNumber: boolean;
  readonly fault?: JsonFault;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const LOWER_E = 0x65;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The largest finite number has 309. */
const LONG_DIGITS = 300;

/** What the bytes outside strings tell, without parsing: refusing must be cheap. Whether it is JSON is not asked here. */
function lookOver(bytes: Buffer, maxValues: number): Look {
  let values = 0;
  let depth = 0;
  let digits = 0;
  let hasLongNumber = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      digits += 1;
      if (digits > LONG_DIGITS) hasLongNumber = true;
      continue;
    }
    if (digits > 0 && (byte === LOWER_E || byte === UPPER_E)) hasLongNumber = true;
    digits = 0;
    if (byte === QUOTE) {
      for (at += 1; at < bytes.length && bytes[at] !== QUOTE; at += 1) if (bytes[at] === BACKSLASH) at += 1;
    } else if (byte === COMMA || byte === COLON) values += 1;
    else if (byte === OPENING_BRACKET || byte === OPENING_BRACE) {
      values += 1;
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return { values, hasLongNumber, fault: 'too-deep' };
    } else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) depth -= 1;
    if (values > maxValues) return { values, hasLongNumber, fault: 'too-many-values' };
  }
  return { values, hasLongNumber };
}

/** Few texts have these, so that few have to be walked through. Any letter of a key may stand there as an escape. */
function mayHaveHarmfulKey(text: string): boolean {
  return text.includes('__proto__') || text.includes('constructor') || text.includes('\\u');
}

function hasNothingHarmful(root: Json): boolean {
  const pending = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value === 'number' && !Number.isFinite(value)) return false;
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) pending.push(item);
      continue;
    }
    if (Object.hasOwn(value, '__proto__') || hasPrototype(Reflect.get(value, 'constructor'))) return false;
    for (const key in value) pending.push(value[key] ?? null);
  }
  return true;
}

/** An object without an own `constructor` has the built-in one, which is a function. */
function hasPrototype(constructor: unknown): boolean {
  return typeof constructor === 'object' && constructor !== null && Object.hasOwn(constructor, 'prototype');
}

/** A media type, and nothing in it that could end a header. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[^\p{Cc}]*$/u;

/**
 * Whether a command could have come in at a door. Doors see to it by themselves; what a peer sends is not trusted to have
 * come in at one.
 */
export function isAcceptable(command: SessionCommand): boolean {
  switch (command.kind) {
    case 'put':
    case 'keep':
      return isLife(command.ttlSeconds) && isContent(command.content);
    case 'patch':
      return isLife(command.ttlSeconds) && isAcceptableJson(command.patch);
    case 'touch':
      return isLife(command.ttlSeconds);
    case 'rotate':
      return (command.graceSeconds ?? 0) <= MAX_GRACE_SECONDS;
    case 'succeed':
      return isMintedForm(command.successor);
    case 'get':
    case 'open':
    case 'destroy':
    case 'unlock':
    case 'lock':
    case 'flush':
    case 'item':
      // An item has no type, and its lives and sizes are cut or refused where it is stored.
      return true;
  }
}

/** How much has to be read for that. */
export function bytesToCheck(command: SessionCommand): number {
  if (command.kind === 'patch') return command.patch.length;
  const isJson = (command.kind === 'put' || command.kind === 'keep') && isJsonType(command.content.contentType);
  return isJson ? command.content.payload.length : 0;
}

function isLife(seconds = 0): boolean {
  return seconds <= MAX_LIFE_SECONDS;
}

function isContent({ contentType, payload }: Content): boolean {
  return MEDIA_TYPE.test(contentType) && (!isJsonType(contentType) || isAcceptableJson(payload));
}
