import { describe, expect, test } from 'vitest';
import {
  transition,
  type ClientConnectionEvent,
  type ClientConnectionPhase,
} from '../../../../src/doors/kit/connection-phase.ts';

function after(...events: readonly ClientConnectionEvent[]): ClientConnectionPhase {
  return events.reduce<ClientConnectionPhase>(transition, 'open');
}

describe('a connection', () => {
  test('answers what it took, lingers when all has been said, and closes', () => {
    expect(after('last-request')).toBe('finishing');
    expect(after('last-request', 'last-reply')).toBe('lingering');
    expect(after('last-request', 'last-reply', 'gone')).toBe('closed');
  });

  test('that has answered everything stays open for more', () => {
    expect(after('last-reply')).toBe('open');
  });

  test('has one last request, whoever says so again', () => {
    expect(after('last-request', 'last-request')).toBe('finishing');
    expect(after('last-request', 'last-reply', 'last-request', 'last-reply')).toBe('lingering');
  });

  test('whose socket is gone is closed at once, and for good', () => {
    expect(after('gone')).toBe('closed');
    expect(after('last-request', 'gone')).toBe('closed');
    expect(after('gone', 'last-request', 'last-reply', 'gone')).toBe('closed');
  });
});
