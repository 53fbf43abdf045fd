import { describe, expect, test } from 'vitest';
import type { Letter } from '../../../src/session/letter.ts';
import type { SimMesh } from '../../support/sim/sim-mesh.ts';
import { letterOf } from '../session/letters.ts';
import { ask, everywhere, mintAt, start } from './sim-setup.ts';
import { cutFor, heal, keepAt, toldOf, waysBetween } from './split-setup.ts';

const [A, B, C, D, E] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d'), letterOf('e')];

/** Each is tried with several seeds: links come back, and nodes join, in another order each time. */
const SEEDS = [1, 2, 3, 4];

/** Shorter than a split, as a minute is beside one that lasts an hour. */
const SHORT = { session: { tombstoneSeconds: 0.5, rotateGraceSeconds: 0.2 } };
const SHORT_MS = 600;

async function destroyAt(there: SimMesh, node: Letter, id: string): Promise<void> {
  expect(await ask(there, node, { kind: 'destroy', id })).toMatchObject({ kind: 'written' });
}

/** Whoever asks there is told that its owner is dead, and goes on under the id that it has. */
async function goOnAt(there: SimMesh, node: Letter, id: string, write: number): Promise<void> {
  expect(await ask(there, node, { kind: 'get', id })).toMatchObject({ kind: 'miss', reason: 'owner-dead' });
  await keepAt(there, node, id, write);
}

/** The owner's memcached dies and another one is started: no tombstone is left but in the daemon's memory. */
async function loseStore(there: SimMesh, node: Letter): Promise<void> {
  there.killStore(node);
  await there.runFor(100);
  there.reviveStore(node);
  await there.runFor(100);
}

const SIZES = [
  { says: 'two hosts', size: 2, ways: waysBetween([A], [B]), door: A, across: B },
  { says: 'one of three is cut off', size: 3, ways: waysBetween([A, B], [C]), door: B, across: C },
  { says: 'the owner of three is cut off', size: 3, ways: waysBetween([A], [B, C]), door: A, across: B },
  { says: 'two of five are cut off', size: 5, ways: waysBetween([A, B], [C, D, E]), door: B, across: D },
];

const CASES = SIZES.flatMap((split) => SEEDS.map((seed) => ({ ...split, seed })));

describe('S5 destroyed stays destroyed when a split heals:', () => {
  test.each(CASES)(
    "on its owner's side, whatever the other side kept under its id: $says, seed $seed",
    async ({ size, ways, door, across, seed }) => {
      const there = await start(size, { seed });
      const [destroyed, rotated, kept] = [await mintAt(there, A), await mintAt(there, A), await mintAt(there, A)];
      await cutFor(there, ways, 1500);
      for (const id of [destroyed, rotated, kept]) await goOnAt(there, across, id, 8);
      await destroyAt(there, door, destroyed);
      expect(await ask(there, door, { kind: 'rotate', id: rotated })).toMatchObject({ kind: 'written' });
      await heal(there, ways);
      for (const id of [destroyed, rotated]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
      expect(await toldOf(there, kept)).toEqual(everywhere(there, 8));
    },
  );

  test.each(CASES)(
    'however long ago, when no tombstone tells of it any more: $says, seed $seed',
    async ({ size, ways, door, across, seed }) => {
      const there = await start(size, { seed, ...SHORT });
      const [destroyed, rotated, kept] = [await mintAt(there, A), await mintAt(there, A), await mintAt(there, A)];
      await cutFor(there, ways, 1500);
      await destroyAt(there, door, destroyed);
      expect(await ask(there, door, { kind: 'rotate', id: rotated })).toMatchObject({ kind: 'written' });
      await there.runFor(SHORT_MS);
      await loseStore(there, A);
      for (const id of [destroyed, rotated, kept]) await goOnAt(there, across, id, 8);
      await heal(there, ways);
      for (const id of [destroyed, rotated]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
      expect(await toldOf(there, kept)).toEqual(everywhere(there, 8));
    },
  );

  test.each(CASES)(
    "on the other side, whatever the owner's side wrote since: $says, seed $seed",
    async ({ size, ways, door, across, seed }) => {
      const there = await start(size, { seed, ...SHORT });
      const [early, late] = [await mintAt(there, A), await mintAt(there, A)];
      await cutFor(there, ways, 1500);
      expect(await ask(there, across, { kind: 'destroy', id: early })).toMatchObject({ kind: 'miss' });
      await there.runFor(SHORT_MS);
      await goOnAt(there, across, late, 8);
      await destroyAt(there, across, late);
      for (const id of [early, late]) {
        expect(await ask(there, door, { kind: 'put', id, lineage: 'visitor', write: 9 })).toMatchObject({
          kind: 'written',
        });
      }
      await heal(there, ways);
      for (const id of [early, late]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(CASES)(
    'on both sides, each of which wrote under its id afterwards: $says, seed $seed',
    async ({ size, ways, door, across, seed }) => {
      const there = await start(size, { seed, ...SHORT });
      const id = await mintAt(there, A);
      await cutFor(there, ways, 1500);
      await destroyAt(there, door, id);
      expect(await ask(there, across, { kind: 'destroy', id })).toMatchObject({ kind: 'miss' });
      await there.runFor(SHORT_MS);
      await keepAt(there, door, id, 8);
      await keepAt(there, across, id, 9);
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)('on one of three sides: seed %i', async (seed) => {
    const there = await start(3, { seed });
    const ids = [await mintAt(there, A), await mintAt(there, A), await mintAt(there, A)] as const;
    const ways = waysBetween([A], [B], [C]);
    await cutFor(there, ways, 1500);
    for (const [at, node] of [A, B, C].entries()) {
      for (const [n, id] of ids.entries()) {
        if (n === at) await ask(there, node, { kind: 'destroy', id });
        else await keepAt(there, node, id, 8);
      }
    }
    await heal(there, ways);
    for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  test.each(SEEDS)('whoever of two stand-ins in a row kept it: seed %i', async (seed) => {
    const there = await start(5, { seed });
    const [first, second] = [await mintAt(there, A), await mintAt(there, A)];
    const ways = waysBetween([A, B], [C, D, E]);
    await cutFor(there, ways, 1500);
    await goOnAt(there, E, first, 8);
    for (const id of [first, second]) await destroyAt(there, B, id);
    there.kill(C);
    await there.runFor(600);
    await goOnAt(there, E, second, 9);
    there.startNode(C, true);
    await there.runFor(1500);
    await heal(there, ways);
    for (const id of [first, second]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  const RETURNS = SEEDS.flatMap((seed) => [
    { seed, says: 'within the split', isWithin: true },
    { seed, says: 'when it heals', isWithin: false },
  ]);

  test.each(RETURNS)(
    'also where the owner has forgotten it, and comes back $says: seed $seed',
    async ({ seed, isWithin }) => {
      const there = await start(3, { seed, ...SHORT });
      const id = await mintAt(there, A);
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1500);
      await goOnAt(there, C, id, 8);
      await destroyAt(there, B, id);
      await there.runFor(SHORT_MS);
      there.kill(A);
      await there.runFor(600);
      if (isWithin) {
        there.startNode(A, false);
        await there.runFor(1500);
      }
      for (const [from, to] of ways) there.heal(from, to);
      await there.runFor(1500);
      if (!isWithin) there.startNode(A, false);
      expect(await there.converges(10_000)).toBe(true);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)('also where more was destroyed than is remembered; the rest stays: seed %i', async (seed) => {
    const there = await start(3, { seed, ...SHORT, limits: { ledgerEntries: 3 } });
    const destroyed: string[] = [];
    for (let at = 0; at < 5; at += 1) destroyed.push(await mintAt(there, A));
    const [kept, untouched] = [await mintAt(there, A), await mintAt(there, A, 7)];
    const ways = waysBetween([A, B], [C]);
    await cutFor(there, ways, 1500);
    for (const id of destroyed) await destroyAt(there, B, id);
    await there.runFor(SHORT_MS);
    for (const id of [destroyed[0] ?? '', kept]) await goOnAt(there, C, id, 8);
    await heal(there, ways);
    for (const id of [destroyed[0] ?? '', kept]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    expect(await toldOf(there, untouched)).toEqual(everywhere(there, 7));
  });

  test.each(SEEDS)('also by a flush of everything: seed %i', async (seed) => {
    const there = await start(3, { seed });
    const id = await mintAt(there, A);
    const ways = waysBetween([A, B], [C]);
    await cutFor(there, ways, 1500);
    await goOnAt(there, C, id, 8);
    const flushed = Promise.resolve(there.node(A).router.dispatch({ kind: 'flush', id: A }));
    await there.runFor(100);
    expect(await flushed).toMatchObject({ kind: 'done' });
    await heal(there, ways);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  test.each(SEEDS)('and a crash without a split costs nothing of what was kept meanwhile: seed %i', async (seed) => {
    const there = await start(3, { seed });
    const [id, destroyed] = [await mintAt(there, A), await mintAt(there, A)];
    await destroyAt(there, B, destroyed);
    there.kill(A);
    await there.runFor(600);
    for (const one of [id, destroyed]) await goOnAt(there, C, one, 8);
    there.startNode(A, true);
    expect(await there.converges(10_000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 8));
    // Its tombstone still stands in the memcached that went on.
    expect(await toldOf(there, destroyed)).toEqual(everywhere(there, 'miss'));
  });
});
