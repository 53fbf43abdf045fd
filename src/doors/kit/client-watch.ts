export interface WatchLimits {
  /** For half a request, or for replies that are not read. */
  readonly stallMs: number;
  /** 0: never. */
  readonly idleMs: number;
  /** How long a client that is sent away gets to read why. */
  readonly lingerMs: number;
}

/** How a client's connection looks at this moment. */
export interface Sight {
  /** Monotonic, as everywhere here. */
  readonly now: number;
  /** Whether a request has begun and is not whole. */
  readonly isMidRequest: boolean;
  /** Bytes that were written and have not left. */
  readonly unreadBytes: number;
  /** Whether we have yet to answer. */
  readonly isOwed: boolean;
  /** Whether all has been said, and only the client's end is waited for. */
  readonly isLingering: boolean;
}

export type ClientVerdict = 'fine' | 'stalled' | 'idle' | 'gone';

/** Judges, now and then, whether a client still does its part: sends what it began, reads what it asked for. */
export class ClientWatch {
  readonly #limits: WatchLimits;
  /** When the client last sent something. */
  #heardAt: number;
  /** Since when as many bytes as now wait for it to read them. */
  #unreadSince: number;
  #unreadBytes = 0;

  constructor(limits: WatchLimits, now: number) {
    this.#limits = limits;
    this.#heardAt = now;
    this.#unreadSince = now;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  /** From now on the client is expected to read what is left, and to go. */
  saidAll(now: number): void {
    this.#unreadSince = now;
  }

  judge({ now, isMidRequest, unreadBytes, isOwed, isLingering }: Sight): ClientVerdict {
    const { idleMs, lingerMs, stallMs } = this.#limits;
    // Fewer: it reads. More: it was written to just now.
    if (unreadBytes !== this.#unreadBytes) this.#unreadSince = now;
    this.#unreadBytes = unreadBytes;
    const sameMs = now - this.#unreadSince;
    if (unreadBytes > 0) return sameMs >= stallMs ? 'stalled' : 'fine';
    if (isLingering) return sameMs >= lingerMs ? 'gone' : 'fine';
    if (isOwed) return 'fine';
    const silentMs = now - this.#heardAt;
    if (isMidRequest && silentMs >= stallMs) return 'stalled';
    return idleMs > 0 && silentMs >= idleMs ? 'idle' : 'fine';
  }
}
