import type { Request } from 'express';
import { settingsOf } from './cookie-settings.ts';
import type { JsonObject } from './json.ts';

/**
 * Finds out how the application's cookies are configured. express-session does not tell its store; but it gives it
 * `generate`, which makes a new session for a request. Here it makes one for a request that is none.
 */
export class ConfiguredCookie {
  readonly #probes = new WeakSet<object>();

  /** Whether a session for this request is never used. */
  isProbe(request: object): boolean {
    return this.#probes.has(request);
  }

  /** The settings of a new cookie, which may depend on the request; undefined where nobody knows. */
  settingsFor(request: unknown, generate: ((request: Request) => void) | undefined): JsonObject | undefined {
    // Store.load makes sessions for no request at all.
    if (generate === undefined || !isRequest(request)) return undefined;
    const probe = Object.create(request) as Request;
    this.#probes.add(probe);
    generate(probe);
    return settingsOf(probe.session.cookie);
  }
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'headers' in value;
}
