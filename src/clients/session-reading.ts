import { isJsonObject, type JsonObject } from './json.ts';

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
