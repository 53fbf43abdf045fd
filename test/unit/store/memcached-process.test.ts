import { describe, expect, test } from 'vitest';
import {
  transition,
  type MemcachedProcessEvent,
  type MemcachedProcessState,
} from '../../../src/store/memcached-process.ts';

const STATES: readonly MemcachedProcessState[] = ['stopped', 'starting', 'running', 'restarting', 'stopping', 'failed'];

function after(...events: readonly MemcachedProcessEvent[]): MemcachedProcessState {
  return events.reduce<MemcachedProcessState>(transition, 'stopped');
}

describe('what a daemon knows of its memcached', () => {
  test('it starts, runs, is stopped and gone', () => {
    expect(after('start')).toBe('starting');
    expect(after('start', 'up')).toBe('running');
    expect(after('start', 'up', 'stop')).toBe('stopping');
    expect(after('start', 'up', 'stop', 'gone')).toBe('stopped');
  });

  test('a first start that fails is reported, a later one is tried again', () => {
    expect(after('start', 'fail')).toBe('failed');
    expect(after('start', 'up', 'lost', 'fail', 'fail')).toBe('restarting');
    expect(after('start', 'up', 'lost', 'fail', 'up')).toBe('running');
  });

  test('it is lost only while it runs, and only once each time', () => {
    const losing = STATES.filter((state) => transition(state, 'lost') !== state);
    expect(losing).toEqual(['running']);
  });

  test('while the daemon stops, nothing brings it up again', () => {
    expect(after('start', 'up', 'lost', 'stop', 'up', 'start', 'lost')).toBe('stopping');
  });
});
