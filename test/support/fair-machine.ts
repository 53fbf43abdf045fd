import { Worker } from 'node:worker_threads';

/** A thread that waits this long for a core is on a machine where a daemon may wait as long. */
const STARVED_MS = 40;

const latest = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));

new Worker(new URL('./lateness-watch.mjs', import.meta.url), { workerData: latest.buffer }).unref();

/** Whether a thread of this process had to wait so long for a core since this was last asked. */
function wasStarved(): boolean {
  const [lateMs = 0] = latest;
  latest[0] = 0;
  if (lateMs >= STARVED_MS) process.stderr.write(`a thread waited ${Math.round(lateMs)} ms for a core\n`);
  return lateMs >= STARVED_MS;
}

/**
 * For tests of how soon something happens. One that fails while other work keeps the daemons from the cores says nothing of them, and
 * is tried again, five times at most. One that fails on a machine that is fair to them fails at once.
 */
export const ON_A_FAIR_MACHINE = { retry: { count: 5, delay: 3000, condition: wasStarved } };
