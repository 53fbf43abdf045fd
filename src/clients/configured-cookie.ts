import type { Request } from 'express';
import { settingsOf } from './cookie-settings.ts';
import type { JsonObject } from './json.ts';

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
