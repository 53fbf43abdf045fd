/** A timer that was set; `cancel` is idempotent and does nothing once it has fired. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Everything else takes a `Clock` through its constructor, so that tests decide what time it is.
 */
export interface Clock {
  /** Milliseconds since the epoch. May jump, either way: nothing that has to last for a while may be counted by it. */
  now(): number;
  /**
   * Milliseconds from an arbitrary start, the same one for all processes of one boot of the machine. Never goes back, and
   * counts the time in which the process was stopped.
   */
  monotonic(): number;
  /** Calls `fire` once, not before `delayMs` have passed. */
  after(delayMs: number, fire: () => void): Timer;
}

/** From the machine's start to this process's: `performance.now()` counts from the latter, by the same clock. */
const processStartedAt = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The machine's clock. Its timers do not keep the process alive: sockets and servers do that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => processStartedAt + performance.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
