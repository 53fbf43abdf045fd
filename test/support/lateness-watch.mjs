/* A thread that writes into shared memory how late its timer came at most, in milliseconds. */
import { performance } from 'node:perf_hooks';
import { setInterval } from 'node:timers';
import { workerData } from 'node:worker_threads';

const PERIOD_MS = 5;

const latest = new Float64Array(workerData);
let dueAt = performance.now() + PERIOD_MS;
setInterval(() => {
  const now = performance.now();
  latest[0] = Math.max(latest[0], now - dueAt);
  dueAt = now + PERIOD_MS;
}, PERIOD_MS);
