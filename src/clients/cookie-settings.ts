import type { Request } from 'express';
import { isJsonObject, type Json, type JsonObject } from './json-changes.ts';

/** What a session's cookie says of itself, besides when it ends. */
const SETTINGS = ['path', 'domain', 'secure', 'httpOnly', 'sameSite', 'partitioned', 'priority'];

/** What holds where nobody tells us how the application's cookies are configured. */
export const USUAL_SETTINGS: JsonObject = { path: '/', httpOnly: true };

/** Each look at the clock while a cookie is built takes a millisecond off its maxAge; that is no change. */
const GRAIN_MS = 10;

/**
 * The settings of a framework's cookie, where what is unset is null; or of a plain object, such as `get` gave, where
 * what is not mentioned is as configured.
 */
export function settingsOf(cookie: unknown): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(cookie ?? {}));
  if (!isJsonObject(plain)) return {};
  const isWhole = isRecord(cookie) && typeof cookie['toJSON'] === 'function';
  const has = (name: string): boolean => isWhole || Object.hasOwn(plain, name);
  const settings: Record<string, Json> = {};
  for (const name of SETTINGS) {
    if (has(name)) settings[name] = plain[name] ?? null;
  }
  const { originalMaxAge, expires } = plain;
  if (typeof originalMaxAge === 'number') return { ...settings, originalMaxAge: toGrain(originalMaxAge) };
  // Both can be false as well. And without a maxAge, from which it would follow, the end is a setting of its own.
  if (has('originalMaxAge')) settings['originalMaxAge'] = null;
  if (has('expires')) settings['expires'] = typeof expires === 'string' ? expires : null;
  return settings;
}

/** Those settings that are not as configured; undefined where all are. */
export function deviations(settings: JsonObject, configured: JsonObject): JsonObject | undefined {
  const found: Record<string, Json> = {};
  for (const [name, value] of Object.entries(settings)) {
    const usual = configured[name] ?? null;
    if (isOff(value) ? !isOff(usual) : value !== usual) found[name] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** The settings together with the end that follows from them. */
export function withEnd(settings: JsonObject, latestAt: number, now: number): Readonly<Record<string, unknown>> {
  const { originalMaxAge, expires } = settings;
  if (typeof originalMaxAge === 'number') {
    return { ...settings, expires: new Date(Math.min(now + originalMaxAge, latestAt)) };
  }
  return typeof expires === 'string' ? { ...settings, expires: new Date(expires) } : settings;
}

/** The life to give to a session with this cookie, in seconds; 0 or less where it has ended, undefined where it has no end. */
export function lifeOf(cookie: unknown, now: number): number | undefined {
  const expires: unknown = isRecord(cookie) ? cookie['expires'] : undefined;
  const endsAt = typeof expires === 'string' ? Date.parse(expires) : expires instanceof Date ? expires.getTime() : NaN;
  if (Number.isNaN(endsAt)) return undefined;
  // A daemon counts in whole seconds, and a session is there for as long as its cookie.
  return Math.ceil((endsAt - now) / 1000);
}

function toGrain(ms: number): number {
  return Math.round(ms / GRAIN_MS) * GRAIN_MS;
}

/** A cookie says no in several ways. */
function isOff(value: Json): boolean {
  return value === null || value === false || value === '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

type Generate = (request: Request) => void;

/**
 * Finds out how the application's cookies are configured. express-session does not tell its store; but it gives it
 * `generate`, which makes a new session for a request. Here it makes one for a request that is none.
 */
export class ConfiguredCookie {
  #isProbing = false;

  /** Whether the session that is being made is never used, and needs no id. */
  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** The settings of a new cookie, which may depend on the request; undefined where nobody knows. */
  settingsFor(request: unknown, generate: Generate | undefined): JsonObject | undefined {
    if (generate === undefined) return undefined;
    // Store.load makes sessions for no request at all, and an application that calls `get` or `set` has none either.
    return isRequest(request) ? this.#probe(request, generate) : this.#settingsForNobody(generate);
  }

  /** A function that computes the settings may need what only a request has. */
  #settingsForNobody(generate: Generate): JsonObject | undefined {
    try {
      return this.#probe({ headers: {} }, generate);
    } catch {
      return undefined;
    }
  }

  #probe(request: object, generate: Generate): JsonObject {
    const probe = Object.create(request) as Request;
    this.#isProbing = true;
    try {
      generate(probe);
    } finally {
      this.#isProbing = false;
    }
    return settingsOf(probe.session.cookie);
  }
}

function isRequest(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'headers' in value;
}
