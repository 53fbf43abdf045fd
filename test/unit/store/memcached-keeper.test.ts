import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemcachedKeeper } from '../../../src/store/memcached-keeper.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedMemcached, settled } from '../../support/scripted-memcached.ts';

let clock: FakeClock;
let memcached: ScriptedMemcached;
let heard: string[];
let keeper: MemcachedKeeper;

beforeEach(() => {
  clock = new FakeClock();
  memcached = new ScriptedMemcached();
  heard = [];
  keeper = new MemcachedKeeper({
    health: 'up',
    dial: memcached.dial,
    clock,
    onClosed: () => heard.push('closed'),
    onSilent: () => heard.push('silent'),
  });
});

afterEach(() => keeper.stop());

async function pass(ms: number): Promise<void> {
  await settled();
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(50, left));
    await settled();
  }
}

function openConnections(): number {
  return memcached.connections.filter(({ socket }) => !socket.destroyed).length;
}

describe('the keeper of a memcached', () => {
  test('asks about once a second, each time over a new connection', async () => {
    keeper.start();
    await pass(5_000);
    expect(memcached.connections.length).toBeGreaterThanOrEqual(5);
    expect(memcached.connections.length).toBeLessThanOrEqual(6);
    expect(memcached.connections.every(({ requests }) => requests.length === 1)).toBe(true);
    expect(keeper.health).toBe('up');
    expect(heard).toEqual([]);
  });

  test('hears at once when memcached dies, without asking', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'refusing';
    memcached.connections.at(-1)?.socket.end();
    await settled();
    expect(heard).toEqual(['closed']);
    expect(keeper.health).toBe('down');
  });

  test('calls a frozen memcached silent after three questions without an answer, a good three seconds', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(3_900);
    expect(heard).toEqual([]);
    expect(keeper.health).toBe('down');
    await pass(400);
    expect(heard).toEqual(['silent']);
  });

  test('forgives one that answers again in time, and counts from the start', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(3_000);
    memcached.mode = 'answering';
    await pass(2_000);
    expect(keeper.health).toBe('up');
    memcached.mode = 'frozen';
    await pass(3_000);
    expect(heard).toEqual([]);
  });

  test('goes on asking one that stays away, more slowly, and finds it when it is back', async () => {
    memcached.mode = 'refusing';
    keeper.start();
    await pass(10_000);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.length).toBeLessThan(6);
    memcached.mode = 'answering';
    await pass(1_100);
    expect(keeper.health).toBe('up');
  });

  test('holds no more than one connection between its questions', async () => {
    keeper.start();
    await pass(3_050);
    expect(openConnections()).toBeLessThanOrEqual(1);
  });

  test('asks nothing more and says nothing more once it is stopped', async () => {
    keeper.start();
    await settled();
    keeper.stop();
    const asked = memcached.connections.length;
    await pass(3_000);
    expect(memcached.connections).toHaveLength(asked);
    expect(heard).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
