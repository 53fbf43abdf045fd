import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { ChangeSignal } from './change-signal.ts';

/** Where lives are written down. Both reject as the system does, as on a full disk. */
export interface LivesDisk {
  /** Replaces what is there, whole or not at all. */
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Whether what this node knows of lives would survive it.
 *
 *     kept ──changed──► writing ──written──► kept
 *                          │ failed, overdue
 *                          ▼
 *                        lost ──written──► kept
 */
export type Memory =
  | { readonly kind: 'kept' }
  | { readonly kind: 'writing' }
  | { readonly kind: 'lost'; readonly why: string; readonly retryAfterMs: number };

export type MemoryEvent =
  | { readonly kind: 'changed' }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed' | 'overdue'; readonly why: string };

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * A disk that takes longer than this counts as one that cannot be written. Shorter than a peer waits for an answer while it
 * joins, which is 500 ms.
 */
const OVERDUE_MS = 300;

export function transition(memory: Memory, event: MemoryEvent): Memory {
  switch (event.kind) {
    case 'changed':
      return memory.kind === 'kept' ? { kind: 'writing' } : memory;
    case 'written':
      return { kind: 'kept' };
    case 'overdue':
      return memory.kind === 'writing' ? { kind: 'lost', why: event.why, retryAfterMs: FIRST_RETRY_MS } : memory;
    case 'failed': {
      const before = memory.kind === 'lost' ? memory.retryAfterMs : 0;
      const retryAfterMs = Math.min(Math.max(FIRST_RETRY_MS, 2 * before), LONGEST_RETRY_MS);
      return { kind: 'lost', why: event.why, retryAfterMs };
    }
  }
}

export interface LivesFileParts {
  readonly disk: LivesDisk;
  /** For people: where that is. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'info'>;
}

/**
 * Writes down what `Lives` knows, beside the work: one write at a time, always of the latest. Code that acts on a change,
 * or answers a peer, waits for `settled` first.
 *
 * Where the disk cannot be written, what is there says less than was decided, and is removed: the next daemon then begins
 * as one that forgot, which the others make up for. This one goes on from memory, so that no peer has to wait for its disk;
 * it is not ready, tries again, and recovers by itself.
 */
export class LivesFile {
  readonly #parts: LivesFileParts;
  #memory: Memory = { kind: 'kept' };
  /** The latest text, while it is not written. */
  #unwritten: string | undefined;
  #isWriting = false;
  #hasWritten = false;
  #overdue: Timer | undefined;
  #retry: Timer | undefined;
  readonly #signal: ChangeSignal;

  constructor(parts: LivesFileParts) {
    this.#parts = parts;
    this.#signal = new ChangeSignal(parts.clock);
  }

  get memory(): Memory {
    return this.#memory;
  }

  /**
   * Whether this process has written the file. Until then nobody knows whether the former daemon could write down all that
   * it decided.
   */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Returns at once. */
  changed(text: string): void {
    this.#unwritten = text;
    // One write takes all changes along; where the memory is lost, the next try does.
    if (this.#memory.kind !== 'kept') return;
    this.#become({ kind: 'changed' });
    this.#watch();
    this.#start();
  }

  /** Tries now, whatever the back-off says; resolves to whether the text is on disk. */
  async save(text: string): Promise<boolean> {
    this.changed(text);
    if (this.#memory.kind === 'lost' && !this.#isWriting) {
      this.#retry?.cancel();
      await this.#writeAll();
    }
    await this.settled();
    return this.#memory.kind === 'kept';
  }

  /**
   * Resolves to true when all that changed is on disk, or is known not to come there, which takes 300 ms at most; to false
   * where the deadline (monotonic) passes before.
   */
  async settled(deadlineAt?: number): Promise<boolean> {
    if (this.#memory.kind !== 'writing') return true;
    return this.#signal.wait(deadlineAt ?? this.#parts.clock.monotonic() + 2 * OVERDUE_MS);
  }

  #start(): void {
    this.#writeAll().catch((error: unknown) => this.#parts.log.error({ err: error }, 'writing lives failed'));
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#unwritten !== undefined) {
        const text = this.#unwritten;
        await this.#write(text);
        this.#hasWritten = true;
        if (this.#unwritten === text) this.#unwritten = undefined;
        // Something else changed meanwhile: that has its own time.
        else if (this.#memory.kind === 'writing') this.#watch();
      }
      this.#isWriting = false;
      this.#become({ kind: 'written' });
    } catch (error) {
      this.#isWriting = false;
      this.#become({ kind: 'failed', why: `${this.#parts.path} cannot be written (${reasonOf(error)})` });
      this.#retryLater();
    }
  }

  /** Where there is no room for a draft beside the file, there may be in its place. */
  async #write(text: string): Promise<void> {
    const { disk } = this.#parts;
    try {
      await disk.write(text);
    } catch {
      await disk.remove();
      await disk.write(text);
    }
  }

  #watch(): void {
    const { clock, path } = this.#parts;
    this.#overdue?.cancel();
    this.#overdue = clock.after(OVERDUE_MS, () => {
      this.#become({ kind: 'overdue', why: `${path} has not been written for ${OVERDUE_MS} ms` });
    });
  }

  #retryLater(): void {
    if (this.#memory.kind !== 'lost') return;
    this.#retry?.cancel();
    this.#retry = this.#parts.clock.after(this.#memory.retryAfterMs, () => {
      if (!this.#isWriting) this.#start();
    });
  }

  #become(event: MemoryEvent): void {
    const { log, path } = this.#parts;
    const before = this.#memory;
    this.#memory = transition(before, event);
    if (this.#memory.kind === 'writing') return;
    this.#overdue?.cancel();
    this.#signal.changed();
    if (this.#memory.kind === 'kept') {
      if (before.kind === 'lost') log.info(`${path} is written again: this node remembers lives`);
    } else if (before.kind !== 'lost') {
      log.error(
        `${this.#memory.why}, so this node would forget with a restart what its peers did, and is not ready: ` +
          'make room on that disk, or make it writable; the node then goes on by itself',
      );
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
