/** A timer that was set; `cancel` is idempotent and does nothing once it has fired. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Everything else takes a `Clock` through its constructor, so that tests decide what time it is.
 */
export interface Clock {
  /** Milliseconds since the epoch. May jump; for expiry and incarnations only. */
  now(): number;
  /** Milliseconds from an arbitrary start. Never goes back, and counts the time in which the process was stopped. */
  monotonic(): number;
  /** Calls `fire` once, not before `delayMs` have passed. */
  after(delayMs: number, fire: () => void): Timer;
}

/** The machine's clock. Its timers do not keep the process alive: sockets and servers do that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
