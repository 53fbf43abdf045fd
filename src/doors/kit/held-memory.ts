import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { LineLimit } from './line-limit.ts';

/** A client that we hold something for. */
export interface Holder {
  /** What is free again when it is cut off; 0 where it cannot be, as while its request is carried out. */
  readonly cuttableBytes: number;
  /** Frees that at once, and says so with `changed`. */
  cut(): void;
}

export interface HeldMemoryParts {
  readonly limitBytes: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * What is held for the clients of all doors together: requests that are not whole or not answered, replies that nobody
 * reads. Beyond the limit the client that holds most is cut off, and the others go on being served (S6).
 */
export class HeldMemory {
  readonly #parts: HeldMemoryParts;
  readonly #holders = new Set<Holder>();
  #bytes = 0;
  readonly #lines: LineLimit;

  constructor(parts: HeldMemoryParts) {
    this.#parts = parts;
    this.#lines = new LineLimit(parts.clock);
  }

  get bytes(): number {
    return this.#bytes;
  }

  enter(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** What it held is free by then. */
  leave(holder: Holder): void {
    this.#holders.delete(holder);
  }

  /** So many bytes more are held, or fewer. */
  changed(by: number): void {
    this.#bytes += by;
    while (this.#bytes > this.#parts.limitBytes) {
      const largest = this.#largest();
      if (largest === undefined) return;
      largest.cut();
      this.#warn();
    }
  }

  #largest(): Holder | undefined {
    let largest: Holder | undefined;
    let most = 0;
    for (const holder of this.#holders) {
      const bytes = holder.cuttableBytes;
      if (bytes > most) [largest, most] = [holder, bytes];
    }
    return largest;
  }

  #warn(): void {
    const { limitBytes, log } = this.#parts;
    const count = this.#lines.happened();
    if (count === undefined) return;
    log.warn(
      { limitBytes, count },
      'clients held more memory than limits.clientMegabytes; those that held most were cut off',
    );
  }
}
