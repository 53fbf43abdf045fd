import { describe, expect, test } from 'vitest';
import {
  transition,
  type ConnectionEvent,
  type ConnectionState,
} from '../../../src/store/memcached-connection-state.ts';

const STATES: readonly ConnectionState[] = ['held', 'dialling', 'proving', 'ready', 'draining', 'closed'];
const EVENTS: readonly ConnectionEvent[] = ['released', 'connected', 'proven', 'gaveUp', 'finished', 'ended'];

function after(...events: readonly ConnectionEvent[]): ConnectionState {
  return events.reduce<ConnectionState>(transition, 'held');
}

describe('a connection to memcached', () => {
  test('is ready only after its predecessor is gone, the socket is connected and the NOOP was answered', () => {
    expect(after('released', 'connected', 'proven')).toBe('ready');
    expect(after('released', 'proven')).toBe('dialling');
    expect(after('connected', 'proven')).toBe('held');
  });

  test('that took commands and is given up waits for memcached to close it', () => {
    expect(after('released', 'connected', 'proven', 'gaveUp')).toBe('draining');
    expect(after('released', 'connected', 'proven', 'gaveUp', 'ended')).toBe('closed');
  });

  test('that took none has nothing to wait for', () => {
    expect(after('released', 'gaveUp')).toBe('closed');
    expect(after('released', 'connected', 'gaveUp')).toBe('closed');
  });

  test('is never used again once it was given up (S0)', () => {
    const given = EVENTS.flatMap((one) =>
      EVENTS.map((two) => after('released', 'connected', 'proven', 'gaveUp', one, two)),
    );
    expect(new Set(given)).toEqual(new Set(['draining', 'closed']));
  });

  test('that is closed stays closed, and closes whenever nobody wants it any more', () => {
    for (const event of EVENTS) expect(transition('closed', event)).toBe('closed');
    for (const state of STATES) expect(transition(state, 'finished')).toBe('closed');
  });
});
