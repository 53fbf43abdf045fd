import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SocketAddress } from '../config/config.ts';
import { StoreStartError } from '../errors.ts';
import { messageOf } from './error-code.ts';
import { MemcachedKeeper } from './memcached-keeper.ts';
import type { MemcachedLife } from './memcached-life.ts';
import { transition, type MemcachedProcessEvent, type MemcachedProcessState } from './memcached-process-state.ts';
import { MemcachedStarter, type FirstMemcached, type Kept } from './memcached-starter.ts';
import type { StoreDescription } from './store.ts';

/** Doubled for each failure, by a random factor of 1 to 2, up to the maximum. */
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** One that dies sooner after its start counts as a failed start, so that the backoff grows. */
const SETTLED_AFTER_MS = 10_000;
/** From a closed connection to a dead process. */
const CONFIRM_DEATH_MS = 1_000;

export interface MemcachedProcessOptions {
  readonly program: string;
  readonly megabytes: number;
  readonly maxRecordBytes: number;
  /** It is kept, with all its sessions, while it answers nothing for less. */
  readonly silentAfterMs: number;
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** It died, or had to be killed, with all that was in it. Called before another one can answer. */
  readonly onLost: () => void;
  /** Another one took its place. */
  readonly onUp?: (() => void) | undefined;
}

/**
 * This node's own memcached: a process that outlives the daemon, is found again by the next one, and is replaced when it
 * dies. States and what leaves each: memcached-process-state.ts.
 */
export class MemcachedProcess {
  readonly #options: MemcachedProcessOptions;
  readonly #log: Logger;
  readonly #starter: MemcachedStarter;
  readonly #stopping = new AbortController();
  #state: MemcachedProcessState = 'stopped';
  #life: MemcachedLife | undefined;
  #keeper: MemcachedKeeper | undefined;
  #starting: Promise<unknown> = Promise.resolve();
  #supervision: Promise<void> = Promise.resolve();
  #ended: Promise<void> | undefined;
  /** Of one that was taken over; one that we start has what is configured. */
  #former: Pick<FirstMemcached, 'outdated' | 'maxRecordBytes'> | undefined;

  constructor(options: MemcachedProcessOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#starter = new MemcachedStarter({ ...options, spawn });
  }

  get address(): SocketAddress {
    return { kind: 'unix', path: this.#starter.socketPath };
  }

  readonly dial = (): Duplex => this.#starter.dial();

  /** The largest record that the one that runs now takes. */
  get maxRecordBytes(): number {
    return this.#former?.maxRecordBytes ?? this.#options.maxRecordBytes;
  }

  describe(): Pick<StoreDescription, 'state' | 'why' | 'pid' | 'outdated'> {
    if (this.#state !== 'running' || this.#life === undefined) return { state: 'down' };
    const outdated = this.#former?.outdated ?? [];
    const health = this.#keeper?.describe() ?? { state: 'down' };
    return { ...health, pid: this.#life.pid, ...(outdated.length > 0 && { outdated }) };
  }

  /** Adopts the memcached that a former daemon left, or starts one. Rejects with `StoreStartError`. To be called once. */
  async start(): Promise<Kept> {
    const starting = this.#first();
    this.#starting = starting.catch(() => undefined);
    const { kept } = await starting;
    return kept;
  }

  /** Ends it and removes what it leaves on disk. Later calls, of this or of `release`, get the same promise. */
  stop(): Promise<void> {
    this.#ended ??= this.#end(async (life) => {
      if (life === undefined || (await life.putDown('the daemon stopped it'))) return () => this.#starter.forget();
      this.#log.error({ memcachedPid: life.pid }, 'memcached does not die; end it by hand');
      life.end('the daemon gave up on it');
      return () => this.#starter.letGo();
    });
    return this.#ended;
  }

  /** Leaves it running for the next daemon. Later calls, of this or of `stop`, get the same promise. */
  release(): Promise<void> {
    this.#ended ??= this.#end((life) => {
      life?.end('the daemon let go of it');
      return Promise.resolve(() => this.#starter.letGo());
    });
    return this.#ended;
  }

  /** Parts from the life that there is, waits until nobody starts another, and then leaves the files in order. */
  async #end(part: (life: MemcachedLife | undefined) => Promise<() => Promise<void>>): Promise<void> {
    await this.#starting;
    this.#become('stop', 'the daemon stops');
    if (this.#state === 'stopped') return;
    this.#keeper?.stop();
    this.#stopping.abort();
    const leaveFiles = await part(this.#life);
    await this.#supervision;
    await leaveFiles();
    this.#become('gone', 'nobody looks after it any more');
  }

  #become(event: MemcachedProcessEvent, why: string): void {
    const from = this.#state;
    this.#state = transition(from, event);
    if (from !== this.#state)
      this.#log.info({ from, to: this.#state, why, memcachedPid: this.#life?.pid }, 'memcached process');
  }

  async #first(): Promise<FirstMemcached> {
    this.#become('start', 'the daemon starts');
    try {
      const first = await this.#starter.first();
      this.#former = first;
      this.#up(first.life, first.kept === 'kept' ? 'a former daemon left it' : 'it was started');
      this.#supervision = this.#supervise(first.life);
      return first;
    } catch (error) {
      this.#become('fail', messageOf(error));
      throw error instanceof StoreStartError
        ? error
        : new StoreStartError(`memcached cannot be started or taken over: ${messageOf(error)}`, { cause: error });
    }
  }

  #up(life: MemcachedLife, why: string): void {
    this.#life = life;
    this.#become('up', why);
    const { clock, silentAfterMs } = this.#options;
    const log = this.#log.child({ memcachedPid: life.pid });
    this.#keeper = new MemcachedKeeper({
      health: 'up',
      silentAfterMs,
      dial: this.dial,
      clock,
      onClosed: () => void life.dies('it died', CONFIRM_DEATH_MS),
      onUnreachable: () => {
        log.error('nobody listens on the socket of memcached any more; replacing it, and its sessions are lost');
        void life.kill('it was killed because nobody could reach it');
      },
      onQuiet: () => log.warn({ silentAfterMs }, 'memcached does not answer; it is kept, with its sessions'),
      onHeard: (quietMs) => log.info({ quietMs: Math.round(quietMs) }, 'memcached answers again, with its sessions'),
      onSilent: (silentMs) => {
        const forSoLong = `for ${Math.floor(silentMs / 1000)} s`;
        log.error('memcached has not answered %s; replacing it, and its sessions are lost', forSoLong);
        void life.kill(`it was killed because it had not answered ${forSoLong}`);
      },
    });
    this.#keeper.start();
  }

  /** One round per memcached, until the daemon stops. */
  async #supervise(first: MemcachedLife): Promise<void> {
    let life: MemcachedLife | undefined = first;
    while (life !== undefined) {
      this.#lost(await life.ended);
      life = await this.#replace();
    }
  }

  #lost(why: string): void {
    this.#keeper?.stop();
    if (this.#state !== 'running') return;
    this.#become('lost', why);
    this.#life = undefined;
    this.#former = undefined;
    this.#options.onLost();
  }

  /** Starts another one, however long that takes; nothing where the daemon stops meanwhile. */
  async #replace(): Promise<MemcachedLife | undefined> {
    if (this.#state !== 'restarting') return undefined;
    try {
      return await pRetry(() => this.#startAnother(), {
        retries: Infinity,
        minTimeout: MIN_BACKOFF_MS,
        maxTimeout: MAX_BACKOFF_MS,
        randomize: true,
        signal: this.#stopping.signal,
        onFailedAttempt: ({ error, attemptNumber }) =>
          this.#log.error({ why: error.message, attempt: attemptNumber }, 'memcached is down; trying again'),
      });
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
      return undefined;
    }
  }

  async #startAnother(): Promise<MemcachedLife> {
    const life = await this.#starter.another();
    if (this.#state !== 'restarting') {
      await life.putDown('the daemon stopped');
      return life;
    }
    this.#up(life, 'it was started again');
    this.#options.onUp?.();
    if (await this.#settles(life)) return life;
    const why = await life.ended;
    this.#lost(why);
    throw new StoreStartError(why);
  }

  #settles(life: MemcachedLife): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(SETTLED_AFTER_MS, () => resolve(true));
      void life.ended.then(() => {
        timer.cancel();
        resolve(false);
      });
    });
  }
}
