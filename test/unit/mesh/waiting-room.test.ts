import { describe, expect, test } from 'vitest';
import { CALLER_TRANSITIONS, transition, type CallerEvent, type CallerState } from '../../../src/mesh/caller-state.ts';
import { HANDSHAKE_PATIENCE_MS, WaitingRoom, type Caller } from '../../../src/mesh/waiting-room.ts';
import { FakeClock } from '../../support/fake-clock.ts';

class TestCaller implements Caller {
  readonly address: string;
  hasBegun = false;
  isTurnedAway = false;

  constructor(address = 'x') {
    this.address = address;
  }

  begin(): void {
    this.hasBegun = true;
  }

  turnAway(): void {
    this.isTurnedAway = true;
  }
}

/** Eight handshakes at a time, eight that wait, 16 that are proven. */
function setUp(isForPeers = true): {
  room: WaitingRoom;
  clock: FakeClock;
  come: (many: number, from?: string) => TestCaller[];
} {
  const clock = new FakeClock();
  const room = new WaitingRoom({ places: 64, isForPeers, clock });
  const come = (many: number, from?: string): TestCaller[] =>
    Array.from({ length: many }, () => {
      const caller = new TestCaller(from);
      room.enter(caller);
      return caller;
    });
  return { room, clock, come };
}

const turnedAway = (callers: readonly TestCaller[]): boolean[] => callers.map(({ isTurnedAway }) => isTurnedAway);

describe('those who say nothing', () => {
  test('make room, the oldest first', () => {
    const { come, room } = setUp();
    const callers = come(67);
    expect(turnedAway(callers)).toEqual([true, true, true, ...Array.from({ length: 64 }, () => false)]);
    expect(room.size).toBe(64);
  });

  test('make room at the address that has most of them: who comes from another keeps its place', () => {
    const { come } = setUp();
    const few = come(3, 'y');
    come(1000, 'x');
    const late = come(1, 'z');
    come(1000, 'x');
    expect(turnedAway([...few, ...late])).toEqual([false, false, false, false]);
  });

  test('of an address that no node has take an eighth of the places, and no more', () => {
    const { come, room } = setUp(false);
    const callers = come(20);
    expect(turnedAway(callers).filter((isAway) => !isAway)).toHaveLength(8);
    come(1, 'y');
    expect(room.size).toBe(9);
  });

  test('do not push out those who have begun', () => {
    const { come, room } = setUp();
    const [node] = come(1);
    if (node === undefined) throw new Error('nobody came');
    room.introduced(node);
    come(1000);
    expect(node).toMatchObject({ hasBegun: true, isTurnedAway: false });
  });
});

describe('handshakes', () => {
  test('begin so many at a time, and the next when one is done, the newest first', () => {
    const { come, room } = setUp();
    const callers = come(11);
    for (const caller of callers) room.introduced(caller);
    expect(callers.map(({ hasBegun }) => hasBegun)).toEqual([
      ...Array.from({ length: 8 }, () => true),
      false,
      false,
      false,
    ]);
    const [first, second] = callers.slice(0, 2);
    if (first === undefined || second === undefined) throw new Error('nobody came');
    room.proved(first);
    room.left(second);
    expect(callers.slice(8).map(({ hasBegun }) => hasBegun)).toEqual([false, true, true]);
  });

  test('that others wait for for too long are ended, the oldest first', () => {
    const { clock, come, room } = setUp();
    const callers = come(9);
    for (const caller of callers) room.introduced(caller);
    clock.advance(HANDSHAKE_PATIENCE_MS - 1);
    expect(turnedAway(callers)).not.toContain(true);
    clock.advance(1);
    expect(turnedAway(callers).indexOf(true)).toBe(0);
    expect(callers[8]).toMatchObject({ hasBegun: true, isTurnedAway: false });
  });

  test('that nobody waits for are left alone', () => {
    const { clock, come, room } = setUp();
    const callers = come(8);
    for (const caller of callers) room.introduced(caller);
    clock.advance(10 * HANDSHAKE_PATIENCE_MS);
    expect(turnedAway(callers)).not.toContain(true);
    expect(clock.pending).toBe(0);
  });

  test('are not begun for those who wait in excess: the oldest is closed before anything is spent on it', () => {
    const { come, room } = setUp();
    const callers = come(17);
    for (const caller of callers) room.introduced(caller);
    expect(callers[8]).toMatchObject({ hasBegun: false, isTurnedAway: true });
    expect(turnedAway(callers).filter(Boolean)).toHaveLength(1);
  });
});

test('who was welcomed takes no place', () => {
  const { come, room } = setUp();
  const [peer] = come(1);
  if (peer === undefined) throw new Error('nobody came');
  room.introduced(peer);
  room.proved(peer);
  room.left(peer);
  come(1000);
  expect(peer.isTurnedAway).toBe(false);
  expect(room.size).toBe(64);
});

test('a caller goes one step at a time, and nowhere once it is gone', () => {
  const steps: CallerEvent[] = ['introduced', 'begun', 'proved', 'left'];
  const seen: CallerState[] = ['silent'];
  for (const event of steps) seen.push(transition(seen.at(-1) ?? 'gone', event));
  expect(seen).toEqual(['silent', 'waiting', 'shaking', 'proven', 'gone']);
  expect(new Set(Object.values(CALLER_TRANSITIONS.gone))).toEqual(new Set(['gone']));
});
