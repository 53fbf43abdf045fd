/**
 * What a daemon knows of the memcached that it looks after.
 *
 * stopped: none, or left to the next daemon. starting: the first start or adoption. running: answers. restarting: died or was
 * put down, and another is on its way, for as long as that takes. stopping. failed: the first start did not succeed.
 */
export type MemcachedProcessState = 'stopped' | 'starting' | 'running' | 'restarting' | 'stopping' | 'failed';

export type MemcachedProcessEvent = 'start' | 'up' | 'lost' | 'fail' | 'stop' | 'gone';

const TABLE: Record<MemcachedProcessState, Record<MemcachedProcessEvent, MemcachedProcessState>> = {
  stopped: {
    start: 'starting',
    up: 'stopped',
    lost: 'stopped',
    fail: 'stopped',
    stop: 'stopped',
    gone: 'stopped',
  },
  starting: {
    start: 'starting',
    up: 'running',
    lost: 'starting',
    fail: 'failed',
    stop: 'stopping',
    gone: 'starting',
  },
  running: {
    start: 'running',
    up: 'running',
    lost: 'restarting',
    fail: 'running',
    stop: 'stopping',
    gone: 'running',
  },
  restarting: {
    start: 'restarting',
    up: 'running',
    lost: 'restarting',
    // A daemon without its memcached keeps trying: whatever hinders it may go away.
    fail: 'restarting',
    stop: 'stopping',
    gone: 'restarting',
  },
  stopping: {
    start: 'stopping',
    up: 'stopping',
    lost: 'stopping',
    fail: 'stopping',
    stop: 'stopping',
    gone: 'stopped',
  },
  failed: {
    start: 'starting',
    up: 'failed',
    lost: 'failed',
    fail: 'failed',
    stop: 'stopped',
    gone: 'failed',
  },
};

export function transition(state: MemcachedProcessState, event: MemcachedProcessEvent): MemcachedProcessState {
  return TABLE[state][event];
}
