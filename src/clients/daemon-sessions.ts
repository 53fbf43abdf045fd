import { DaemonRefusedError, NotMagliaError, SessionFormatError } from './client-errors.ts';
import type { DaemonAnswer, DaemonCall, DaemonClient } from './daemon-client.ts';
import { isJsonObject, type JsonObject } from './json-changes.ts';

/** A session as it was read. */
export interface ReadSession {
  readonly id: string;
  readonly version: number;
  /** What is left of its life. */
  readonly ttlSeconds: number;
  readonly data: JsonObject;
  /** The answer that this was parsed from. */
  readonly text: string;
}

/** An id that the daemon minted, reserved in its store for a short while. */
export interface MintedId {
  readonly id: string;
  readonly version: number;
}

export interface Found {
  readonly kind: 'found';
  readonly session: ReadSession;
}

/** There is no such session (any more); `reason` is the daemon's. */
export interface Missing {
  readonly kind: 'missing';
  readonly reason: string;
}

export type Opened =
  | Found
  /** The session asked for is gone, or never was; this one is for its visitor, and nobody else. */
  | { readonly kind: 'fresh'; readonly minted: MintedId };

export interface Written {
  readonly kind: 'written';
  readonly version: number;
}

/** Somebody wrote the session since the version that was named. */
export interface Conflict {
  readonly kind: 'conflict';
}

/** A new id is kept for its first write this long: see `spare-ids.ts`. */
export const RESERVED_SECONDS = 180;

/** Surely nothing was done, and why is over by the time that one hears of it: there is a new connection, a new life. */
const PASSED: ReadonlySet<unknown> = new Set(['STORE_UNAVAILABLE', 'STALE_INCARNATION', 'OWNER_RETURNED']);

/** The calls of the daemon's HTTP door that a session store needs. */
export class DaemonSessions {
  readonly #client: Pick<DaemonClient, 'call'>;
  readonly #longestLife: LongestLife;

  constructor(client: Pick<DaemonClient, 'call'>, longestLife: LongestLife) {
    this.#client = client;
    this.#longestLife = longestLife;
  }

  async mint(deadline: AbortSignal): Promise<MintedId> {
    const body = { ttlSeconds: RESERVED_SECONDS };
    // Minted twice, one of them is never seen by anybody.
    const answer = await this.#call({ method: 'POST', path: '/v1/sessions', body, isRepeatable: true }, deadline);
    return mintedOf(bodyOf(answer, 201));
  }

  async open(id: string, deadline: AbortSignal): Promise<Opened> {
    const body = { id, ttlSeconds: RESERVED_SECONDS };
    const call: DaemonCall = { method: 'POST', path: '/v1/sessions/open', body, isRepeatable: true };
    const answer = await this.#call(call, deadline);
    const opened = bodyOf(answer, 200);
    if (opened['state'] !== 'found') return { kind: 'fresh', minted: mintedOf(opened) };
    return { kind: 'found', session: sessionOf(opened, answer.text) };
  }

  async get(id: string, deadline: AbortSignal): Promise<Found | Missing> {
    const answer = await this.#call({ method: 'GET', path: pathOf(id), isRepeatable: true }, deadline);
    return missing(answer) ?? { kind: 'found', session: sessionOf(bodyOf(answer, 200), answer.text) };
  }

  /** @param ttlSeconds as with all writes, 0 is the daemon's default */
  patch(id: string, patch: JsonObject, ttlSeconds: number, deadline: AbortSignal): Promise<Written | Missing> {
    return this.#write({ method: 'PATCH', path: pathOf(id) }, { data: patch }, ttlSeconds, deadline);
  }

  put(id: string, data: JsonObject, ttlSeconds: number, deadline: AbortSignal): Promise<Written | Missing> {
    return this.#write({ method: 'PUT', path: pathOf(id) }, { data }, ttlSeconds, deadline);
  }

  /** Only if the session still has this version. */
  async putIf(
    ifVersion: number,
    id: string,
    data: JsonObject,
    ttlSeconds: number,
    deadline: AbortSignal,
  ): Promise<Written | Missing | Conflict> {
    const call: DaemonCall = { method: 'PUT', path: pathOf(id), ifVersion };
    const answer = await this.#callWithLife(call, { data }, ttlSeconds, deadline);
    return codeOf(answer) === 'VERSION_CONFLICT' ? { kind: 'conflict' } : writtenOf(answer);
  }

  touch(id: string, ttlSeconds: number, deadline: AbortSignal): Promise<Written | Missing> {
    return this.#write({ method: 'POST', path: `${pathOf(id)}/touch`, isRepeatable: true }, {}, ttlSeconds, deadline);
  }

  async destroy(id: string, deadline: AbortSignal): Promise<void> {
    const answer = await this.#call({ method: 'DELETE', path: pathOf(id), isRepeatable: true }, deadline);
    // Whatever cannot be a session's id is not there either.
    const isGone = answer.status === 204 || codeOf(answer) === 'SESSION_MISS' || codeOf(answer) === 'MALFORMED_ID';
    if (!isGone) throw refusalOf(answer);
  }

  async #write(
    call: DaemonCall,
    body: JsonObject,
    ttlSeconds: number,
    deadline: AbortSignal,
  ): Promise<Written | Missing> {
    return writtenOf(await this.#callWithLife(call, body, ttlSeconds, deadline));
  }

  /** Once more where the life was too long for the daemon, which then has done nothing and says what its longest is. */
  async #callWithLife(
    call: DaemonCall,
    body: JsonObject,
    ttlSeconds: number,
    deadline: AbortSignal,
  ): Promise<DaemonAnswer> {
    const asked = this.#longestLife.cut(ttlSeconds);
    const answer = await this.#call({ ...call, body: { ...body, ttlSeconds: asked } }, deadline);
    const most = longestLifeIn(answer);
    if (most === undefined || most >= asked) return answer;
    this.#longestLife.learn(most);
    const cut = this.#longestLife.cut(ttlSeconds);
    return this.#call({ ...call, body: { ...body, ttlSeconds: cut } }, deadline);
  }

  /**
   * Asked once more, if there is time, where the first answer was none and a second one does no harm. What is in doubt may
   * have been done, and others may have written since: only what comes to the same done twice is asked again then.
   */
  async #call(call: DaemonCall, deadline: AbortSignal): Promise<DaemonAnswer> {
    const answer = await this.#client.call(call, deadline);
    const code = codeOf(answer);
    const isWorthAnother = PASSED.has(code) || (code === 'IN_DOUBT' && call.isRepeatable === true);
    if (!isWorthAnother || deadline.aborted) return answer;
    const second = await this.#client.call(call, deadline).catch(() => answer);
    // It may have been done, whatever the second came to.
    return code === 'IN_DOUBT' && second.status >= 500 ? answer : second;
  }
}

function longestLifeIn(answer: DaemonAnswer): number | undefined {
  if (codeOf(answer) !== 'INVALID_REQUEST') return undefined;
  const { field, most } = parsed(answer) ?? {};
  return field === 'ttlSeconds' && typeof most === 'number' ? most : undefined;
}

function pathOf(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}

function missing(answer: DaemonAnswer): Missing | undefined {
  if (codeOf(answer) !== 'SESSION_MISS') return undefined;
  return { kind: 'missing', reason: textOf(parsed(answer)?.['reason']) };
}

function writtenOf(answer: DaemonAnswer): Written | Missing {
  return missing(answer) ?? { kind: 'written', version: Number(bodyOf(answer, 200)['version']) };
}

function codeOf(answer: DaemonAnswer): unknown {
  return answer.status < 400 ? undefined : parsed(answer)?.['code'];
}

/** @throws DaemonRefusedError, NotMagliaError where the answer is another one than hoped for. */
function bodyOf(answer: DaemonAnswer, expectedStatus: number): JsonObject {
  const body = answer.status === expectedStatus ? parsed(answer) : undefined;
  if (body === undefined) throw refusalOf(answer);
  return body;
}

function refusalOf(answer: DaemonAnswer): DaemonRefusedError | NotMagliaError {
  const { code, message } = parsed(answer) ?? {};
  if (typeof code === 'string' && typeof message === 'string') {
    return new DaemonRefusedError(code, `the maglia daemon says ${code}: ${message}`, answer.status);
  }
  return new NotMagliaError(
    `what listens there answers ${answer.status}, and not as the HTTP door of a maglia daemon does: check the store's \`url\``,
  );
}

function parsed({ text }: DaemonAnswer): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function mintedOf(body: JsonObject): MintedId {
  return { id: textOf(body['id']), version: Number(body['version']) };
}

function sessionOf(body: JsonObject, text: string): ReadSession {
  const { id, version, ttlSeconds, data, contentType } = body;
  if (!isJsonObject(data)) {
    const found = typeof contentType === 'string' ? contentType : 'JSON of another kind';
    throw new SessionFormatError(
      `the session's data is ${found}, not a JSON object: something other than maglia's clients wrote it, ` +
        'and has to leave the sessions of this application alone',
    );
  }
  return { id: textOf(id), version: Number(version), ttlSeconds: Number(ttlSeconds), data, text };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}

/** No daemon can be told to keep sessions for longer: ten years. */
const ANY_DAEMONS_LONGEST_SECONDS = 315_360_000;

/**
 * The longest life that the daemon gives (its `session.maxTtlSeconds`), as far as is known. Longer ones are cut to that:
 * a page does not fail for a cookie of ten years. It is said once.
 */
export class LongestLife {
  readonly #warn: (text: string) => void;
  #seconds = ANY_DAEMONS_LONGEST_SECONDS;
  #hasWarned = false;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  cut(wantedSeconds: number): number {
    if (wantedSeconds <= this.#seconds) return wantedSeconds;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#warn(
        `a session was to live ${wantedSeconds} seconds; the maglia daemon gives at most ${this.#seconds}, and such lives ` +
          "are cut to that: shorten the cookie's maxAge, or raise session.maxTtlSeconds of the daemons",
      );
    }
    return this.#seconds;
  }

  /** The daemon has said what its longest is. */
  learn(seconds: number): void {
    this.#seconds = seconds;
  }
}
