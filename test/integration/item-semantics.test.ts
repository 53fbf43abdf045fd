import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LongWork } from '../../src/long-work.ts';
import type { SessionConfig } from '../../src/config/config.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Locks } from '../../src/engine/locks.ts';
import { HotRecords } from '../../src/engine/hot-records.ts';
import { Recall } from '../../src/engine/recall.ts';
import { Turns } from '../../src/engine/turns.ts';
import { Vault } from '../../src/engine/vault.ts';
import type { ItemAnswer, ItemOperation, StoreMode } from '../../src/session/item-operation.ts';
import { Versions } from '../../src/session/version.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemcachedItems, UNLIMITED, type Told } from '../support/memcached-items.ts';
import { letter } from '../support/mesh-messages.ts';
import { IDS } from '../support/minted-ids.ts';

const OPERATIONS = 20_000;
const KEYS = 20;
const SEEDS = [11211, 7421];

/**
 * Lives are a hundred seconds apart, so that the seconds that pass during the test change no answer. One without end, to
 * memcached, is the default one here.
 */
const LIVES = [0, 0, 0, 100, 200, 300, 400, -1];
const RECACHE_BELOW = [0, 150, 250, 350];
const STEP_SECONDS = 100;

const SESSION: SessionConfig = {
  ttlSeconds: 1_000_000,
  maxTtlSeconds: 2_000_000,
  maxBytes: 1_048_576,
  tombstoneSeconds: 60,
  rotateGraceSeconds: 30,
  lockSeconds: 20,
};

/** None of only spaces: memcached then looks for the number in whatever memory follows the value. */
const VALUES = [
  ...['', '0', '1', '9', '10', '99', '100', '9999', '007', '0000000000000000000000000000012', '+7', ' 8', '\t\n6'],
  ...['5 ', '5   ', '12 34', '5\0x', '5\r\n', '18446744073709551615', '18446744073709551614', '9223372036854775808'],
  ...['18446744073709551616', '99999999999999999999', 'abc', '5x', 'x5', '1.5', '1e3', '{"a":1}', 'v'.repeat(300)],
].map((text) => Buffer.from(text, 'latin1'));

const DELTAS = [0n, 1n, 1n, 2n, 9n, 90n, 1000n, 2n ** 63n, 2n ** 64n - 1n];
const INITIALS = [0n, 1n, 99n, 2n ** 64n - 1n];

/** A cas is drawn as one of these, since the two sides have different ones. */
type CasChoice = 'current' | 'former' | 'zero' | 'larger';
const CAS_CHOICES: readonly CasChoice[] = ['current', 'current', 'current', 'former', 'former', 'zero', 'larger'];

type Draw = <T>(from: readonly T[]) => T;

/** The same numbers for the same seed: a 32-bit xorshift. */
function drawer(seed: number): Draw {
  let state = seed;
  return <T>(from: readonly T[]): T => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const drawn = from[(state >>> 0) % from.length];
    if (drawn === undefined && from.length === 0) throw new RangeError('nothing to draw from');
    return drawn as T;
  };
}

const MODES: readonly StoreMode[] = ['set', 'set', 'add', 'replace', 'append', 'prepend', 'cas', 'cas'];

const KINDS: readonly Exclude<ItemOperation['kind'], 'probe'>[] = [
  ...(['read', 'read', 'read', 'store', 'store', 'store', 'arithmetic', 'arithmetic', 'arithmetic'] as const),
  ...(['delete', 'mark-stale', 'touch', 'inspect', 'inspect'] as const),
];

/** One operation for each side, alike but for the cas. */
function drawOperation(draw: Draw, casFor: (choice: CasChoice) => [number, number]): [ItemOperation, ItemOperation] {
  const sometimes = (): boolean => draw([true, false, false]);
  const both = (operation: ItemOperation): [ItemOperation, ItemOperation] => [operation, operation];
  const withCas = <T extends ItemOperation>(operation: T): [T, T] => {
    const [ours, theirs] = casFor(draw(CAS_CHOICES));
    return [
      { ...operation, cas: ours },
      { ...operation, cas: theirs },
    ];
  };
  const kind = draw(KINDS);
  switch (kind) {
    case 'read': {
      const canWin = draw([true, true, false]);
      const touch = sometimes() && { touchSeconds: draw(LIVES) };
      if (!canWin) return both({ kind, ...touch, canWin, isPeek: false });
      return both({
        kind,
        ...touch,
        ...(sometimes() && { vivifySeconds: draw(LIVES) }),
        ...(sometimes() && { recacheBelowSeconds: draw(RECACHE_BELOW) }),
        canWin,
        isPeek: sometimes(),
      });
    }
    case 'store': {
      const mode = draw(MODES);
      const operation = {
        kind,
        mode,
        flags: draw([0, 0, 1, 0xffff_ffff]),
        lifeSeconds: draw(LIVES),
        value: draw(VALUES),
      };
      if (mode === 'cas') return withCas({ ...operation, isInvalidating: draw([true, false]) });
      const isConditional = (mode === 'append' || mode === 'prepend') && sometimes();
      const unconditional: ItemOperation = { ...operation, isInvalidating: false };
      return isConditional ? withCas(unconditional) : both(unconditional);
    }
    case 'arithmetic': {
      const operation: ItemOperation = {
        kind,
        direction: draw(['incr', 'decr']),
        delta: draw(DELTAS),
        ...(draw([true, false]) && { initial: { value: draw(INITIALS), lifeSeconds: draw(LIVES) } }),
        ...(sometimes() && { touchSeconds: draw(LIVES) }),
      };
      return sometimes() ? withCas(operation) : both(operation);
    }
    case 'delete':
      return sometimes() ? withCas({ kind }) : both({ kind });
    case 'mark-stale': {
      const operation: ItemOperation = { kind, ...(sometimes() && { lifeSeconds: draw(LIVES) }) };
      return sometimes() ? withCas(operation) : both(operation);
    }
    case 'touch':
      return both({ kind, lifeSeconds: draw(LIVES) });
    case 'inspect':
      return both({ kind });
  }
}

function buildEngine(clock: FakeClock): Engine {
  const log = pino({ level: 'silent' });
  const metrics = { observe: () => undefined };
  const store = new MemoryStore({ megabytes: 64, maxRecordBytes: 2 * SESSION.maxBytes, clock, metrics });
  return new Engine({
    letter: letter('a'),
    ids: IDS,
    vault: new Vault({ store, recall: new Recall(1000), hot: new HotRecords(1), clock, log }),
    turns: new Turns(8),
    locks: new Locks(clock, 1000, 8),
    versions: new Versions(clock.now()),
    session: SESSION,
    allowsFlush: true,
    work: new LongWork(),
    clock,
    log,
  });
}

/** Our answer, reduced to what memcached has told, and in its form. */
function asTold(answer: ItemAnswer, told: Told): Told {
  const full = {
    ...answer,
    ...('value' in answer && {
      value: typeof answer.value === 'bigint' ? answer.value.toString() : answer.value.toString('latin1'),
    }),
  };
  return Object.fromEntries(
    Object.keys(told).map((name) => [name, full[name as keyof typeof full]]),
  ) as unknown as Told;
}

function roundedLife(seconds: unknown): unknown {
  if (typeof seconds !== 'number') return seconds;
  if (seconds === UNLIMITED || seconds > SESSION.ttlSeconds / 2) return 'the longest';
  return Math.round(seconds / STEP_SECONDS) * STEP_SECONDS;
}

/** With lives rounded and without the cas, which each side has its own of. */
function comparable(told: Told): unknown {
  return { ...told, cas: undefined, ttlSeconds: roundedLife(told.ttlSeconds) };
}

/** The cas values of one key on both sides, the latest last. */
class CasPairs {
  readonly #pairs: [number, number][] = [];

  learn(ours: unknown, theirs: unknown): void {
    if (typeof ours !== 'number' || typeof theirs !== 'number') return;
    const latest = this.#pairs.at(-1);
    // Each time that one side has a new cas, the other one has to have one as well.
    if (latest !== undefined)
      expect([ours === latest[0], theirs === latest[1]]).toEqual(Array(2).fill(ours === latest[0]));
    if (ours !== latest?.[0]) this.#pairs.push([ours, theirs]);
  }

  choose(choice: CasChoice): [number, number] {
    switch (choice) {
      case 'current':
        return this.#pairs.at(-1) ?? [1, 1];
      case 'former':
        return this.#pairs.at(-2) ?? [1, 1];
      case 'zero':
        return [0, 0];
      case 'larger':
        return [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    }
  }
}

describe('item operations', () => {
  let memcached: MemcachedItems;

  beforeAll(async () => {
    memcached = await MemcachedItems.start();
  });

  afterAll(async () => {
    await memcached.close();
  });

  test.each(SEEDS)(
    `are answered as by memcached itself: ${OPERATIONS} of them on ${KEYS} keys, drawn with the seed %i`,
    async (seed) => {
      const clock = new FakeClock();
      const engine = buildEngine(clock);
      const draw = drawer(seed);
      const keys = Array.from({ length: KEYS }, (_, n) => `s${seed}k${n}`);
      const pairs = new Map(keys.map((key) => [key, new CasPairs()]));
      const seen = new Map<string, number>();
      const history = new Map<string, unknown[]>(keys.map((key) => [key, []]));
      const startedAt = performance.now();

      for (let count = 0; count < OPERATIONS; count += 1) {
        const key = draw(keys);
        const known = pairs.get(key) ?? new CasPairs();
        const [ours, theirs] = drawOperation(draw, (choice) => known.choose(choice));
        const told = await memcached.ask(key, theirs, draw([true, false]));
        const reply = await engine.execute({ kind: 'item', id: key, isSession: false, operation: ours }, Infinity);
        if (reply.kind !== 'answered') throw new Error(`not answered: ${reply.kind}`);
        const answer = asTold(reply.answer, told);
        history.get(key)?.push(ours, comparable(told));
        expect(comparable(answer), describeCase(count, key, ours, history.get(key))).toEqual(comparable(told));
        known.learn('cas' in reply.answer ? reply.answer.cas : undefined, told.cas);
        seen.set(answer.kind, (seen.get(answer.kind) ?? 0) + 1);
      }
      expect((performance.now() - startedAt) / 1000).toBeLessThan(STEP_SECONDS / 2);
      // Every answer that there is came up often enough to have been compared.
      expect(seen.size).toBe(11);
      expect(Math.min(...seen.values())).toBeGreaterThan(100);
    },
    60_000,
  );
});

function describeCase(count: number, key: string, operation: ItemOperation, history: unknown[] = []): string {
  const print = (value: unknown): string =>
    JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));
  return `operation ${count} on ${key}: ${print(operation)}\nafter ${history.slice(-9).map(print).join('\n')}`;
}
