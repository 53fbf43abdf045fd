import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemcachedKeeper } from '../../../src/store/memcached-keeper.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedMemcached, settled } from '../../support/scripted-memcached.ts';

const REST_MS = 1_000;

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
    silentAfterMs: 30_000,
    dial: memcached.dial,
    clock,
    onClosed: () => heard.push('closed'),
    onUnreachable: () => heard.push('unreachable'),
    onQuiet: () => heard.push('quiet'),
    onHeard: (quietMs) => heard.push(`heard after ${Math.floor(quietMs / 1000)} s`),
    onSilent: (silentMs) => heard.push(`silent for ${Math.floor(silentMs / 1000)} s`),
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

  test('says for how long a frozen memcached has not answered, and does not call it silent before the limit', async () => {
    keeper.start();
    await settled();
    expect(keeper.describe()).toEqual({ state: 'up' });
    memcached.mode = 'frozen';
    await pass(REST_MS + 12_500);
    expect(keeper.describe()).toEqual({ state: 'down', why: 'Memcached has not answered for 12 s' });
    await pass(16_500);
    expect(heard).toEqual(['quiet']);
    await pass(1_500);
    expect(heard).toEqual(['quiet', 'silent for 30 s']);
  });

  test('hears one that thaws at once, and counts its next silence from the start', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(REST_MS + 28_000);
    memcached.thaw();
    await pass(200);
    expect(keeper.describe()).toEqual({ state: 'up' });
    expect(heard).toEqual(['quiet', 'heard after 28 s']);
    memcached.mode = 'frozen';
    await pass(REST_MS + 28_000);
    expect(heard).toEqual(['quiet', 'heard after 28 s', 'quiet']);
  });

  test('takes an answer that is late for a sign of life, and not for health', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    for (let n = 0; n < 20; n += 1) {
      await pass(4_000);
      memcached.thaw();
      memcached.mode = 'frozen';
      await settled();
      expect(keeper.health).toBe('down');
    }
    expect(heard).toEqual(['quiet']);
  });

  test('counts no silence while this process itself stood still', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(REST_MS + 100);
    clock.stopFor(10 * 60_000);
    await pass(5_000);
    expect(keeper.describe().why).toMatch(/ [5-8] s$/);
    await pass(20_000);
    expect(heard).toEqual(['quiet']);
  });

  test('after such a pause reads what has come before it judges', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(REST_MS + 100);
    clock.stopFor(60_000);
    // Its timer is first, as in an event loop that goes on.
    clock.advance(1);
    memcached.thaw();
    await pass(200);
    expect(keeper.health).toBe('up');
    expect(heard).toEqual([]);
  });

  test('tells one that goes on being silent again at each multiple of the limit', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    await pass(REST_MS + 61_500);
    expect(heard).toEqual(['quiet', 'silent for 30 s', 'silent for 60 s']);
  });

  test('does not wait for one that nobody can reach any more: there is no silence to break', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'refusing';
    await pass(REST_MS + 2_000);
    expect(heard[0]).toBe('unreachable');
  });

  test('waits for one that closes each connection, as one that has too many does', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'closing';
    await pass(REST_MS + 28_000);
    expect(heard).toEqual(['quiet']);
    memcached.mode = 'answering';
    await pass(REST_MS + 100);
    expect(keeper.health).toBe('up');
  });

  test('leaves no more than its one question open, however long the silence', async () => {
    keeper.start();
    await settled();
    memcached.mode = 'frozen';
    memcached.closes = false;
    await pass(REST_MS + 60_000);
    // The one that it was last answered on, and the question.
    expect(openConnections()).toBeLessThanOrEqual(2);
  });

  test('goes on asking one that stays away, more slowly, and finds it when it is back', async () => {
    memcached.mode = 'refusing';
    keeper.start();
    await pass(10_000);
    const times = heard.filter((what) => what === 'unreachable').length;
    expect(times).toBeGreaterThan(1);
    expect(times).toBeLessThan(6);
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
