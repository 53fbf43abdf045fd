/*
 * Loaded into a daemon with `--import`: tells each process that connects to LOOP_WATCH_SOCKET how long the event loop was held at most
 * since it was last asked, and how long the longest garbage collection took within that time, as one line of JSON.
 */
import { createServer } from 'node:net';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';

const RESOLUTION_MS = 2;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let longestPause = 0;
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestPause = Math.max(longestPause, duration);
});
observer.observe({ entryTypes: ['gc'] });
delay.enable();

// Only in the daemon, not in what it starts.
const path = process.env.LOOP_WATCH_SOCKET;
if (path !== undefined) {
  delete process.env.LOOP_WATCH_SOCKET;
  createServer((socket) => {
    const stallMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
    socket.end(`${JSON.stringify({ stallMs, collectionMs: longestPause })}\n`);
    delay.reset();
    longestPause = 0;
  })
    .listen(path)
    .unref();
}
