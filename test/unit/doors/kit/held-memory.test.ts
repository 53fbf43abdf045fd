import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { HeldMemory, type Holder } from '../../../../src/doors/kit/held-memory.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const LIMIT = 100;

class FakeHolder implements Holder {
  isCut = false;
  cuttableBytes = 0;
  readonly #memory: HeldMemory;

  constructor(memory: HeldMemory) {
    this.#memory = memory;
    memory.enter(this);
  }

  hold(bytes: number): void {
    this.cuttableBytes += bytes;
    this.#memory.changed(bytes);
  }

  cut(): void {
    this.isCut = true;
    const bytes = this.cuttableBytes;
    this.cuttableBytes = 0;
    this.#memory.changed(-bytes);
  }
}

function setUp(): { memory: HeldMemory; clock: FakeClock; lines: string[] } {
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  return { memory: new HeldMemory({ limitBytes: LIMIT, clock, log }), clock, lines };
}

describe('S6: what is held for clients', () => {
  test('may be as much as the limit', () => {
    const { memory } = setUp();
    const holder = new FakeHolder(memory);
    holder.hold(LIMIT);
    expect(holder.isCut).toBe(false);
    expect(memory.bytes).toBe(LIMIT);
  });

  test('beyond it costs the client that holds most, and nobody else', () => {
    const { memory } = setUp();
    const [small, large, last] = [new FakeHolder(memory), new FakeHolder(memory), new FakeHolder(memory)];
    small.hold(20);
    large.hold(60);
    last.hold(30);
    expect([small, large, last].map(({ isCut }) => isCut)).toEqual([false, true, false]);
    expect(memory.bytes).toBe(50);
  });

  test('costs as many as it takes', () => {
    const { memory } = setUp();
    const holders = Array.from({ length: 5 }, () => new FakeHolder(memory));
    for (const holder of holders) holder.hold(20);
    memory.changed(50);
    expect(holders.filter(({ isCut }) => isCut)).toHaveLength(3);
    expect(memory.bytes).toBeLessThanOrEqual(LIMIT);
  });

  test('is not freed by cutting off what cannot be, or has left', () => {
    const { memory } = setUp();
    const gone = new FakeHolder(memory);
    gone.hold(10);
    memory.leave(gone);
    memory.changed(LIMIT);
    expect(gone.isCut).toBe(false);
    expect(memory.bytes).toBe(LIMIT + 10);
  });

  test('is told of once a minute, with the number that were cut off', () => {
    const { memory, clock, lines } = setUp();
    const overfill = (): void => new FakeHolder(memory).hold(LIMIT + 1);
    for (let times = 0; times < 50; times += 1) overfill();
    expect(lines).toHaveLength(1);
    clock.advance(60_000);
    overfill();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('"count":50');
    expect(lines[1]).toContain('limits.clientMegabytes');
  });
});
