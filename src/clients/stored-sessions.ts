import { isDeepStrictEqual } from 'node:util';
import type { SessionData } from 'express-session';
import type { Clock } from '../clock.ts';
import { deviations, lifeOf, settingsOf, USUAL_SETTINGS, withEnd } from './cookie-settings.ts';
import type { DaemonSessions, MintedId, ReadSession } from './daemon-sessions.ts';
import { isJsonObject, applyChanges, changesBetween, type JsonObject, type Changes } from './json-changes.ts';
import {
  dataOf,
  OWN_KEY,
  SessionReadings,
  SessionWriter,
  type SessionReading,
  type WriteTerms,
} from './session-writer.ts';

export interface StoredSessionsParts {
  readonly sessions: DaemonSessions;
  readonly isMerging: boolean;
  /** Life of a session whose cookie has no end. */
  readonly ttlSeconds: number;
  readonly clock: Pick<Clock, 'now'>;
  /** The settings of a new cookie for this request, or for none; undefined where nobody knows. */
  readonly configuredFor: (request: unknown) => JsonObject | undefined;
}

/**
 * Between a framework's session objects and the daemon's sessions. At the daemon a session is one flat JSON object of the
 * application's keys, shared with applications in other languages. What is Express's own, the settings of a cookie that
 * are not as configured, stands there under `_express`.
 */
export class StoredSessions {
  readonly #parts: StoredSessionsParts;
  readonly #writer: SessionWriter;
  readonly #readings = new SessionReadings();

  constructor(parts: StoredSessionsParts) {
    this.#parts = parts;
    this.#writer = new SessionWriter(parts.sessions, parts.isMerging);
  }

  /** This request is given this id for a new session. */
  begin(request: object, { id, version }: MintedId): void {
    this.#readings.remember(request, { id, version, text: undefined, settings: undefined, ttlSeconds: 0 });
  }

  /** What a framework makes its session object of. */
  show({ id, version, ttlSeconds, text, data }: ReadSession): SessionData {
    const { [OWN_KEY]: own, ...contents } = data;
    const settings = isJsonObject(own) && isJsonObject(own['cookie']) ? own['cookie'] : undefined;
    const cookie = this.#shownCookie(settings, ttlSeconds);
    const reading = { id, version, ttlSeconds, text, settings };
    return this.#readings.marked({ ...contents, cookie }, reading) as unknown as SessionData;
  }

  /** The same with all of its cookie: as configured, but for what was changed in this session. */
  complete(request: { readonly sessionID: string }, shown: SessionData): SessionData {
    const reading = this.#readings.of(shown, request.sessionID);
    const configured = this.#configuredFor(request);
    const own = reading === undefined ? this.#settingsOf(shown.cookie, undefined) : reading.settings;
    const cookie = this.#withEnd({ ...configured, ...own }, reading?.ttlSeconds);
    // Own properties only, and so without the mark.
    return { ...shown, cookie } as unknown as SessionData;
  }

  /** The framework made this session object of what was shown to it. */
  follow(made: object, shown: object, id: string): void {
    const reading = this.#readings.of(shown, id);
    if (reading !== undefined) this.#readings.remember(made, reading);
  }

  /** Whether its cookie has ended, and the session with it. */
  isOver(stored: SessionData): boolean {
    const life = lifeOf(stored.cookie, this.#parts.clock.now());
    return life !== undefined && life <= 0;
  }

  /** Writes what was changed since the session was read; all of it, where it was not read here. */
  async save(id: string, stored: SessionData, deadline: AbortSignal): Promise<void> {
    const reading = this.#readings.of(stored, id);
    const settings = this.#settingsOf(stored.cookie, Reflect.get(stored, 'req'));
    const data = toData(stored, settings);
    const terms = this.#terms(stored, deadline);
    if (reading === undefined) await this.#writer.replace(id, data, terms);
    else {
      const changes = withoutUnseen(changesBetween(dataOf(reading), data), stored);
      await this.#change(stored, { ...reading, settings }, changes, terms);
    }
  }

  /** Extends a session's life. Writes nothing but the settings of its cookie, and those only if they were changed. */
  async touch(id: string, stored: SessionData, deadline: AbortSignal): Promise<void> {
    const reading = this.#readings.of(stored, id);
    const settings = this.#settingsOf(stored.cookie, Reflect.get(stored, 'req'));
    const terms = this.#terms(stored, deadline);
    if (reading === undefined || isDeepStrictEqual(settings, reading.settings)) await this.#writer.extend(id, terms);
    else {
      const changes = changesBetween(ownPart(reading.settings), ownPart(settings));
      await this.#change(stored, { ...reading, settings }, changes, terms);
    }
  }

  /** @param reading with the settings that are written now */
  async #change(stored: object, reading: SessionReading, changes: Changes, terms: WriteTerms): Promise<void> {
    if (changes.size === 0) return this.#writer.extend(reading.id, terms);
    const version = await this.#writer.change(reading, changes, terms);
    if (version === undefined) return;
    const text = JSON.stringify({ data: applyChanges(dataOf(reading), changes) });
    this.#readings.remember(stored, { ...reading, version, text });
  }

  #terms({ cookie }: SessionData, deadline: AbortSignal): WriteTerms {
    return { lifeSeconds: lifeOf(cookie, this.#parts.clock.now()) ?? this.#parts.ttlSeconds, deadline };
  }

  /**
   * What a memory store gives: a cookie with all that it says. Where nobody tells how cookies are configured, as under
   * Fastify, only what is this session's own is there to be copied, since the plugin puts its own configuration under
   * that; the rest can be read all the same.
   */
  #shownCookie(settings: JsonObject | undefined, ttlSeconds: number): Readonly<Record<string, unknown>> {
    const configured = this.#parts.configuredFor(undefined);
    const own = this.#withEnd({ ...(configured && mentioned(configured)), ...settings }, ttlSeconds);
    return configured === undefined ? inheriting(mentioned(USUAL_SETTINGS), own) : own;
  }

  /** Those that are not as configured. */
  #settingsOf(cookie: unknown, request: unknown): JsonObject | undefined {
    return deviations(settingsOf(cookie), this.#configuredFor(request));
  }

  #configuredFor(request: unknown): JsonObject {
    return this.#parts.configuredFor(request) ?? USUAL_SETTINGS;
  }

  #withEnd(settings: JsonObject, ttlSeconds = Infinity): Readonly<Record<string, unknown>> {
    const now = this.#parts.clock.now();
    return withEnd(settings, now + ttlSeconds * 1000, now);
  }
}

/** As a cookie tells its settings: none that is unset, but always whether it has an end. */
function mentioned(settings: JsonObject): JsonObject {
  const set = Object.entries(settings).filter(([, value]) => value !== null);
  return { originalMaxAge: null, expires: null, ...Object.fromEntries(set) };
}

function inheriting<T extends object>(from: object, own: T): T {
  return Object.assign(Object.create(from) as T, own);
}

/** The data of a session as the daemon keeps it. What JSON cannot hold is left out, or made a text, by `JSON.stringify`. */
function toData(stored: SessionData, settings: JsonObject | undefined): JsonObject {
  const all = JSON.parse(JSON.stringify(stored)) as JsonObject;
  const contents = Object.entries(all).filter(([key]) => key !== 'cookie' && key !== OWN_KEY);
  return { ...Object.fromEntries(contents), ...ownPart(settings) };
}

function ownPart(settings: JsonObject | undefined): JsonObject {
  return settings === undefined ? {} : { [OWN_KEY]: { cookie: settings } };
}

/**
 * Keys of other languages that are names of the session object's own members, such as `id` and `cookie`, never come to
 * sight there: that the application does not have them does not mean that it removed them.
 */
function withoutUnseen(changes: Changes, stored: SessionData): Changes {
  const isUnseen = (key: string): boolean =>
    key === 'cookie' || (key !== OWN_KEY && key in stored && !Object.prototype.propertyIsEnumerable.call(stored, key));
  return new Map([...changes].filter(([key, { kind }]) => kind !== 'removed' || !isUnseen(key)));
}
