import { EventEmitter } from 'node:events';
import type { Request } from 'express';
import session from 'express-session';
import { systemClock } from '../clock.ts';
import { DaemonUnreachableError, SessionLostError } from './client-errors.ts';
import { ConfiguredCookie } from './configured-cookie.ts';
import { parseDaemonAddress } from './daemon-address.ts';
import { DaemonClient } from './daemon-client.ts';
import { DaemonSessions, type MintedId } from './daemon-sessions.ts';
import { LongestLife } from './longest-life.ts';
import { SpareIds } from './spare-ids.ts';
import { checkedOptions, type MagliaStoreOptions } from './store-options.ts';
import { StoredSessions } from './stored-sessions.ts';

export * from './client-errors.ts';
export { plainCookie, type PlainCookieOptions } from './plain-cookie.ts';
export type { MagliaStoreOptions } from './store-options.ts';

/** What every request of Express and of Fastify has. */
export interface RequestWithCookies {
  readonly headers: { readonly cookie?: string | undefined };
}

/** As express-session and Fastify's plugin both take it, whichever way their users' compilers read `?`. */
export type FoundSession = session.SessionData & { cookie: Settled<session.Cookie> };
type Settled<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A crowd may take longer than one call: so many times as long, if its ids do come. Where none come, it is one call. */
const CROWD_PATIENCE = 10;

/** Reasons that say nothing about the ids that lie ready. */
const LOST_ALONE: ReadonlySet<string> = new Set(['expired', 'destroyed', 'malformed']);

type Callback = (error?: unknown) => void;

/**
 * Keeps the sessions of express-session, or of @fastify/session, in a maglia mesh. `ready` goes right before the session
 * middleware, `genid` into its options:
 *
 *     const store = new MagliaStore();
 *     app.use(store.ready, session({ store, genid: store.genid, secret, resave: false, saveUninitialized: false }));
 *
 * Every callback comes within `deadlineMs`, if need be with an error; docs/express.md has them all.
 */
export class MagliaStore extends session.Store {
  readonly #deadlineMs: number;
  readonly #client: DaemonClient;
  readonly #sessions: DaemonSessions;
  readonly #stored: StoredSessions;
  readonly #ids: SpareIds;
  readonly #configured = new ConfiguredCookie();
  /** The new id of a visitor who has a cookie `for` a session that is gone, while the callback of `get` runs. */
  #offer: { readonly for: string; readonly minted: MintedId } | undefined;

  /** Given by express-session: begins a new session for a request. */
  declare generate?: (request: Request) => void;

  /** @throws StoreOptionsError for options that cannot be. */
  constructor(options: MagliaStoreOptions = {}) {
    super();
    const { url, token, deadlineMs, merge, ttlSeconds, spareIds } = checkedOptions(options);
    this.#deadlineMs = deadlineMs;
    this.#client = new DaemonClient({ address: parseDaemonAddress(url), token });
    this.#sessions = new DaemonSessions(
      this.#client,
      new LongestLife((text) => process.emitWarning(text, { code: 'MAGLIA_LIFE_CUT' })),
    );
    this.#stored = new StoredSessions({
      sessions: this.#sessions,
      isMerging: merge,
      ttlSeconds,
      clock: systemClock,
      configuredFor: (request) => this.#configured.settingsFor(request, this.generate),
    });
    this.#ids = new SpareIds({
      mint: () => this.#sessions.mint(this.#deadline()),
      count: spareIds,
      patienceMs: CROWD_PATIENCE * deadlineMs,
      clock: systemClock,
    });
  }

  /**
   * For the option `genid` of express-session, `idGenerator` of @fastify/session: an id that the daemon minted.
   *
   * @throws NoSpareIdError, or why none could be minted.
   */
  readonly genid = (request?: RequestWithCookies): string => {
    if (this.#configured.isProbing) return '';
    if (request === undefined) return this.#ids.draw().id;
    const minted = this.#takeOffer(request) ?? this.#ids.draw(rawOf(request));
    this.#stored.begin(request, minted);
    return minted.id;
  };

  /** Middleware that holds a request back until ids are set apart for it, or there is an error. */
  readonly ready = (request: unknown, response: unknown, next: (error?: Error) => void): void => {
    const [key, answer] = [rawOf(request), rawOf(response)];
    if (key === undefined || !(answer instanceof EventEmitter)) {
      this.#ids.whenReady(next);
      return;
    }
    answer.once('close', () => this.#ids.release(key));
    this.#ids.admit(key, next);
  };

  /** Calls back with the session; with nothing where there is none (any more), and then `genid` has a new id for it. */
  get(id: string, callback: (error: unknown, found?: FoundSession | null) => void): void {
    this.#carryOut(this.#sessions.open(id, this.#deadline()), callback, (opened) => {
      if (opened.kind === 'found') {
        callback(null, this.#stored.show(opened.session) as FoundSession);
        return;
      }
      this.#offer = { for: id, minted: opened.minted };
      try {
        callback(null);
      } finally {
        this.#offer = undefined;
      }
    });
  }

  /** Writes what a request changed in its session; in one that was destroyed meanwhile, nothing. */
  set(id: string, stored: session.SessionData, callback: Callback = ignore): void {
    const deadline = this.#deadline();
    const isOver = this.#stored.isOver(stored);
    const work = isOver ? this.#sessions.destroy(id, deadline) : this.#stored.save(id, stored, deadline);
    // With this Fastify's `regenerate` ends; the same request may call it again.
    this.#carryOut(work, callback, () => this.#ids.whenRepaid(callback, deadline));
  }

  /** Extends the life of a session. Writes nothing else, but for settings of its cookie that were changed. */
  override touch(id: string, stored: session.SessionData, callback: Callback = ignore): void {
    const deadline = this.#deadline();
    const isOver = this.#stored.isOver(stored);
    const work = isOver ? this.#sessions.destroy(id, deadline) : this.#stored.touch(id, stored, deadline);
    this.#carryOut(work, callback, () => callback());
  }

  destroy(id: string, callback: Callback = ignore): void {
    this.#carryOut(this.#sessions.destroy(id, this.#deadline()), callback, () => callback());
  }

  /** Destroys the session and begins another, under a new id for which it waits where none lies ready. */
  override regenerate(request: Request, callback: Callback): void {
    this.destroy(request.sessionID, (failure) => {
      const begin = (): void => {
        try {
          this.generate?.(request);
        } catch (error) {
          callback(failure ?? error);
          return;
        }
        callback(failure);
      };
      // A request that has waited for one answer and got none does not wait for another.
      if (failure === undefined) this.#ids.whenReady(begin, rawOf(request));
      else begin();
    });
  }

  /** Makes a session of what `get` gave. Its cookie is as configured, but for what was changed in this session. */
  override createSession(request: Request, shown: session.SessionData): session.Session & session.SessionData {
    const made = super.createSession(request, this.#stored.complete(request, shown));
    this.#stored.follow(made, shown, request.sessionID);
    return made;
  }

  /** Lets go of the daemon: connections and timers end. */
  close(): void {
    this.#ids.close();
    this.#client.close();
  }

  /**
   * Parallel requests of a visitor whose host died are offered the same id: the daemons agree on it. So it must not go
   * to anybody else.
   */
  #takeOffer({ headers }: RequestWithCookies): MintedId | undefined {
    const offer = this.#offer;
    if (offer === undefined || headers.cookie?.includes(offer.for) !== true) return undefined;
    this.#offer = undefined;
    return offer.minted;
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#deadlineMs);
  }

  /** Callbacks are called outside of the promise, so that what they throw is theirs, and nobody's rejection. */
  #carryOut<T>(work: Promise<T>, failed: (error: unknown) => void, done: (value: T) => void): void {
    work.then(
      (value) => process.nextTick(done, value),
      (error: unknown) => {
        // The ids that lie ready may be gone as well.
        if (error instanceof DaemonUnreachableError) this.#ids.discard(error);
        else if (error instanceof SessionLostError && !LOST_ALONE.has(error.reason)) this.#ids.discard();
        process.nextTick(failed, error);
      },
    );
  }
}

/** Node's own request or response. Fastify's wrap it, and middleware under Fastify is given either. */
function rawOf(wrapped: unknown): object | undefined {
  if (typeof wrapped !== 'object' || wrapped === null) return undefined;
  const raw: unknown = Reflect.get(wrapped, 'raw');
  return raw instanceof EventEmitter ? raw : wrapped;
}

function ignore(): void {
  // As in express-session: who gives no callback does not want to know.
}
