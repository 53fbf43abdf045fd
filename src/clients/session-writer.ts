import { SessionBusyError, SessionLostError } from './client-errors.ts';
import type { DaemonSessions, Missing, Written } from './daemon-sessions.ts';
import { isJsonObject, applyChanges, toMergePatch, type JsonObject, type Changes } from './json-changes.ts';

/** The one key of a session's data that is this store's own. What else begins so belongs to other languages. */
export const OWN_KEY = '_express';

/** What the daemon had when a session was read, or last written: what the next write is compared with. */
export interface SessionReading {
  readonly id: string;
  readonly version: number;
  /** JSON text of an object whose `data` is the session's; undefined for a new session, which has none. */
  readonly text: string | undefined;
  /** The settings of its cookie that are not as configured. */
  readonly settings: JsonObject | undefined;
  /** What was left of its life. */
  readonly ttlSeconds: number;
}

/** A copy of its own each time: the application changes what it was given. */
export function dataOf({ text }: SessionReading): JsonObject {
  const { data } = text === undefined ? {} : (JSON.parse(text) as { data?: unknown });
  return isJsonObject(data) ? data : {};
}

/** Stands under the own key of a session that a framework makes by copying, and tells where it came from. */
class Mark {
  /** No part of the session's data. */
  toJSON(): undefined {
    return undefined;
  }
}

/** Which session object was read when, and with what in it. */
export class SessionReadings {
  /** By session object; by mark; for a session that was never read, by request. */
  readonly #readings = new WeakMap<object, SessionReading>();

  /** @param key a session object, or the request that a new session is for */
  remember(key: object, reading: SessionReading): void {
    this.#readings.set(key, reading);
  }

  /**
   * The session object for a framework to copy. The mark is inherited: so it is no part of what the application sees,
   * but comes along where properties are copied by `for in`, as Fastify's session plugin does.
   */
  marked(contents: Readonly<Record<string, unknown>>, reading: SessionReading): Record<string, unknown> {
    const mark = new Mark();
    this.#readings.set(mark, reading);
    return Object.create({ [OWN_KEY]: mark }, Object.getOwnPropertyDescriptors(contents)) as Record<string, unknown>;
  }

  /** Undefined where it was neither read nor begun here, under this id. */
  of(stored: object, id: string): SessionReading | undefined {
    const mark: unknown = Reflect.get(stored, OWN_KEY);
    const request: unknown = Reflect.get(stored, 'req');
    for (const key of [stored, mark, request]) {
      const reading = typeof key === 'object' && key !== null ? this.#readings.get(key) : undefined;
      // A session object's contents may have been copied to another one, mark and all.
      if (reading?.id === id) return reading;
    }
    return undefined;
  }
}

/** As many requests may be ahead of one that cannot be merged, if the deadline does not come first. */
const MAX_ROUNDS = 64;

/** The life that a write gives and the time that it may take. */
export interface WriteTerms {
  /** 0: the daemon's default. */
  readonly lifeSeconds: number;
  readonly deadline: AbortSignal;
}

/**
 * Writes what requests did to sessions. Each method resolves with the new version, or with undefined where the session
 * was destroyed meanwhile: it stays so (S5), and that a slower request had something to add to it is nobody's error.
 */
export class SessionWriter {
  readonly #sessions: DaemonSessions;
  readonly #isMerging: boolean;

  constructor(sessions: DaemonSessions, isMerging: boolean) {
    this.#sessions = sessions;
    this.#isMerging = isMerging;
  }

  /** @throws SessionLostError where the session is gone for another reason. */
  async change(reading: SessionReading, changes: Changes, terms: WriteTerms): Promise<number | undefined> {
    if (!this.#isMerging) return this.replace(reading.id, applyChanges(dataOf(reading), changes), terms);
    const patch = toMergePatch(changes);
    if (patch === undefined) return this.#rewrite(reading, changes, terms);
    return versionOf(await this.#sessions.patch(reading.id, patch, terms.lifeSeconds, terms.deadline));
  }

  /** Writes the data as a whole, whatever is there. @throws SessionLostError as `change` does. */
  async replace(id: string, data: JsonObject, terms: WriteTerms): Promise<number | undefined> {
    return versionOf(await this.#sessions.put(id, data, terms.lifeSeconds, terms.deadline));
  }

  /** Extends the life. A session that is gone is no error: nothing was to be written. */
  async extend(id: string, terms: WriteTerms): Promise<void> {
    await this.#sessions.touch(id, terms.lifeSeconds, terms.deadline);
  }

  /** A merge patch cannot make a key null. Then the whole is written, if nobody else has written since it was read. */
  async #rewrite(reading: SessionReading, changes: Changes, terms: WriteTerms): Promise<number | undefined> {
    const { lifeSeconds, deadline } = terms;
    let { version } = reading;
    let data = dataOf(reading);
    // Each round that fails is one in which another request's write succeeded.
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const whole = applyChanges(data, changes);
      const written = await this.#sessions.putIf(version, reading.id, whole, lifeSeconds, deadline);
      if (written.kind !== 'conflict') return versionOf(written);
      const read = await this.#sessions.get(reading.id, deadline);
      if (read.kind === 'missing') return versionOf(read);
      ({ version, data } = read.session);
    }
    throw new SessionBusyError(
      'too many requests write this one session at the same time for one that makes a value null, which cannot be ' +
        'merged: nothing was written; leave such a key out instead of making it null',
    );
  }
}

function versionOf(outcome: Written | Missing): number | undefined {
  if (outcome.kind === 'written') return outcome.version;
  if (outcome.reason === 'destroyed') return undefined;
  throw new SessionLostError(outcome.reason);
}
