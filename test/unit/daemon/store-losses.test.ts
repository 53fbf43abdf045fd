import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreLosses } from '../../../src/daemon/store-losses.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const TTL_MS = 1_440_000;
const ID = 'b0123456789abcdefghijklmnop';

let folder: string;
let clock: FakeClock;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maglia-losses-'));
  clock = new FakeClock();
  lines = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A daemon's, with what it recalls. Each call is the next daemon of the same node. */
function daemon(path = join(folder, 'run', 'losses.json')): { losses: StoreLosses; reason: () => string } {
  const recall = new Recall(10);
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const parts = { recall, hot: { forgetAll: () => undefined }, metrics: { count: () => undefined }, clock, log };
  const losses = new StoreLosses({ path, ttlMs: TTL_MS, ...parts });
  return { losses, reason: () => recall.explainMiss(ID, clock.now()) };
}

describe('a miss of which nothing is left (S9)', () => {
  test('is unknown where the node never served before: nothing is known', () => {
    const { losses, reason } = daemon();
    losses.begin('fresh', 0);
    expect(reason()).toBe('unknown');
  });

  test('is restarted where the node served before and comes back with an empty store', () => {
    const { losses, reason } = daemon();
    losses.begin('fresh', 5);
    expect(reason()).toBe('restarted');
    clock.advance(TTL_MS);
    expect(reason()).toBe('unknown');
  });

  test('is store-lost where what the store held is gone', () => {
    const { losses, reason } = daemon();
    losses.begin('lost', 5);
    expect(reason()).toBe('store-lost');
  });

  test.each([
    ['a wipe', 'owner-dead', (losses: StoreLosses): unknown => losses.wiped()],
    ['a store that died', 'store-lost', (losses: StoreLosses): unknown => losses.storeLost()],
    ['an ordinary restart', 'restarted', (losses: StoreLosses): unknown => losses.begin('fresh', 5)],
  ])('has the reason of %s, also from the next daemon that adopts the store', async (_, expected, lose) => {
    const first = daemon();
    lose(first.losses);
    await first.losses.settled();
    clock.advance(TTL_MS - 1);
    const second = daemon();
    second.losses.begin('kept', 5);
    expect(second.reason()).toBe(expected);
    clock.advance(1);
    const third = daemon();
    third.losses.begin('kept', 6);
    expect(third.reason()).toBe('unknown');
  });

  test('has the latest reason, however soon one follows the other', async () => {
    const { losses } = daemon();
    losses.storeLost();
    void losses.wiped();
    await losses.settled();
    const next = daemon();
    next.losses.begin('kept', 5);
    expect(next.reason()).toBe('owner-dead');
    expect(readdirSync(join(folder, 'run'))).toEqual(['losses.json']);
    expect(statSync(join(folder, 'run', 'losses.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['', '{', '[]', '{"reason":"evil","until":9e15}', '{"reason":"store-lost","until":"x"}'])(
    'is unknown where the file says %j',
    (text) => {
      const path = join(folder, 'losses.json');
      writeFileSync(path, text);
      const { losses, reason } = daemon(path);
      losses.begin('kept', 5);
      expect(reason()).toBe('unknown');
    },
  );

  test('loses an explanation and nothing else where the file cannot be written', async () => {
    writeFileSync(join(folder, 'run'), 'a file where the folder should be');
    const { losses, reason } = daemon();
    losses.begin('fresh', 5);
    await losses.settled();
    expect(reason()).toBe('restarted');
    expect(lines.at(-1)).toContain('the next daemon will not know');
  });
});
