import { describe, expect, test } from 'vitest';
import {
  LINK_TRANSITIONS,
  transition,
  type LinkEvent,
  type LinkEventKind,
  type LinkState,
  type LinkStateKind,
} from '../../../src/mesh/link-state.ts';
import { OLDEST_WIRE_VERSION, WIRE_VERSION, type Hello } from '../../../src/mesh/message.ts';
import { letter } from '../../support/mesh-messages.ts';

const hello: Hello = {
  wireVersion: WIRE_VERSION,
  oldestWireVersion: OLDEST_WIRE_VERSION,
  letter: letter('b'),
  to: letter('a'),
  incarnation: 1,
  phase: 'serving',
  mapDigest: 'd',
  software: '0',
};

const states: Record<LinkStateKind, LinkState> = {
  waiting: { kind: 'waiting', why: 'before' },
  dialling: { kind: 'dialling', why: 'before' },
  up: { kind: 'up', why: 'before', hello },
  refused: { kind: 'refused', why: 'before', refusal: 'wrong-map' },
  closed: { kind: 'closed', why: 'before' },
};

const events: Record<LinkEventKind, LinkEvent> = {
  dialled: { kind: 'dialled', why: 'now' },
  welcomed: { kind: 'welcomed', why: 'now', hello },
  failed: { kind: 'failed', why: 'now' },
  refused: { kind: 'refused', why: 'now', refusal: 'wrong-secret' },
  lost: { kind: 'lost', why: 'now' },
  closed: { kind: 'closed', why: 'now' },
};

const cells = Object.values(states).flatMap((state) => Object.values(events).map((event) => [state, event] as const));

describe('a link', () => {
  test.each(cells)('$0.kind at $1.kind', (state, event) => {
    const next = transition(state, event);
    expect(next.kind).toBe(LINK_TRANSITIONS[state.kind][event.kind]);
    if (next.kind === state.kind) expect(next).toBe(state);
    else expect(next.why).toBe('now');
  });

  test('goes from waiting to up and back', () => {
    const path: LinkEventKind[] = ['dialled', 'failed', 'dialled', 'refused', 'dialled', 'welcomed', 'lost'];
    const seen: LinkStateKind[] = [];
    path.reduce((state, kind) => {
      const next = transition(state, events[kind]);
      seen.push(next.kind);
      return next;
    }, states.waiting);
    expect(seen).toEqual(['dialling', 'waiting', 'dialling', 'refused', 'dialling', 'up', 'waiting']);
  });

  test('never leaves closed', () => {
    for (const event of Object.values(events)) expect(transition(states.closed, event)).toBe(states.closed);
  });

  test('is up only out of dialling', () => {
    const from = Object.values(states).filter((state) => transition(state, events.welcomed).kind === 'up');
    expect(from.map(({ kind }) => kind)).toEqual(['dialling', 'up']);
  });

  test('carries the hello while it is up, and the refusal while it is refused', () => {
    expect(transition(states.dialling, events.welcomed)).toEqual({ kind: 'up', why: 'now', hello });
    expect(transition(states.dialling, events.refused)).toEqual({
      kind: 'refused',
      why: 'now',
      refusal: 'wrong-secret',
    });
  });
});
