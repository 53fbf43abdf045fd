import { describe, expect, test } from 'vitest';
import type { Letter } from '../../../src/session/letter.ts';
import type { SimMesh } from '../../support/sim/sim-mesh.ts';
import { letterOf } from '../session/letters.ts';
import { ask, everywhere, mintAt, start } from './sim-setup.ts';
import { cutFor, heal, keepAt, toldOf, waysBetween, type Way } from './split-setup.ts';

const [A, B, C, D, E] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d'), letterOf('e')];

/** Each is tried with several seeds: links come back, and nodes join, in another order each time. */
const SEEDS = [1, 2, 3, 4, 5, 6];

/** B is cut off, a dies and is stood in for on both sides, each of which keeps something under one id; then b dies too. */
async function keepOnBothSides(there: SimMesh): Promise<{ readonly id: string; readonly ways: readonly Way[] }> {
  const id = 'a-kept-1';
  const ways = waysBetween([A, C], [B]);
  await cutFor(there, ways, 1000);
  there.kill(A);
  await there.runFor(300);
  await keepAt(there, C, id, 8);
  await keepAt(there, B, id, 9);
  there.kill(B);
  return { id, ways };
}

interface Split {
  readonly says: string;
  readonly size: number;
  readonly ways: readonly Way[];
  /** Of another side than a. */
  readonly across: Letter;
}

const SPLITS: readonly Split[] = [
  { says: 'two nodes', size: 2, ways: waysBetween([A], [B]), across: B },
  { says: 'one of three is cut off', size: 3, ways: waysBetween([A], [B, C]), across: B },
  { says: 'another one of three is cut off', size: 3, ways: waysBetween([A, B], [C]), across: C },
  { says: 'three ways', size: 3, ways: waysBetween([A], [B], [C]), across: C },
  { says: 'two of five are cut off', size: 5, ways: waysBetween([A, B], [C, D, E]), across: D },
  {
    says: 'one of three hears nobody',
    size: 3,
    ways: [
      [B, A],
      [C, A],
    ],
    across: B,
  },
  {
    says: 'one of three is heard by nobody',
    size: 3,
    ways: [
      [A, B],
      [A, C],
    ],
    across: C,
  },
];

const CASES = SPLITS.flatMap((split) => SEEDS.map((seed) => ({ ...split, seed })));

/** In each, some can reach b again before the others can. */
const MENDED: readonly (readonly Way[])[] = [
  [
    [C, B],
    [B, C],
    [A, B],
    [B, A],
  ],
  [
    [A, B],
    [B, A],
    [C, B],
    [B, C],
  ],
  [
    [C, B],
    [A, B],
    [B, A],
    [B, C],
  ],
  [
    [A, B],
    [C, B],
    [B, C],
    [B, A],
  ],
];

const ORDERS = SEEDS.flatMap((seed) =>
  [150, 300, 400].flatMap((everyMs) => MENDED.map((order, at) => ({ seed, everyMs, order, says: `order ${at + 1}` }))),
);

const WAYS_TO_COME_BACK = SEEDS.flatMap((seed) => [
  { seed, says: 'is killed', end: (there: SimMesh) => there.kill(A) },
  { seed, says: 'restarts', end: (there: SimMesh) => there.close(A, 'restart') },
  { seed, says: 'is frozen for long', end: (there: SimMesh) => there.freeze(A) },
]);

describe('when a split heals', () => {
  test.each(CASES)(
    'whatever nobody asked for on a wrong side is there with its data, and nobody drops all it has: $says, seed $seed',
    async ({ size, ways, seed }) => {
      const there = await start(size, { seed });
      const untouched: string[] = [];
      for (const node of there.letters) untouched.push(await mintAt(there, node, 7));
      const owned: string[] = [];
      for (const node of there.letters) owned.push(await mintAt(there, node, 7));
      await cutFor(there, ways, 3000);
      for (const [at, node] of there.letters.entries()) {
        const id = owned[at] ?? '';
        const outcome = await ask(there, node, { kind: 'put', id, lineage: 'visitor', write: 8 });
        // Who is heard by nobody, or hears nobody, may wait for a confirmation in vain.
        if (outcome.kind !== 'written') owned[at] = untouched[at] ?? '';
      }
      await heal(there, ways);
      for (const id of untouched)
        if (!owned.includes(id)) expect(await toldOf(there, id)).toEqual(everywhere(there, 7));
      for (const id of owned)
        if (!untouched.includes(id)) expect(await toldOf(there, id)).toEqual(everywhere(there, 8));
      expect(there.tally.get('wiped')).toBeUndefined();
    },
  );

  test.each(ORDERS)(
    'nor where the ways are there again one after the other: $says, every $everyMs ms, seed $seed',
    async ({ everyMs, order, seed }) => {
      const there = await start(3, { seed });
      const ids: string[] = [];
      for (const node of there.letters) ids.push(await mintAt(there, node, 7));
      await cutFor(there, waysBetween([B], [A, C]), 3000);
      for (const [from, to] of order) {
        there.heal(from, to);
        await there.runFor(everyMs);
      }
      expect(await there.converges(10_000)).toBe(true);
      for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 7));
      expect(there.tally.get('wiped')).toBeUndefined();
    },
  );

  test.each(WAYS_TO_COME_BACK)(
    'what the other side reset stays so, also where the owner $says meanwhile and comes back on its own side: seed $seed',
    async ({ seed, end }) => {
      const there = await start(3, { seed });
      const id = await mintAt(there, A, 7);
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1000);
      expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      end(there);
      await there.runFor(600);
      if (there.nodeOf(A) === undefined) there.startNode(A, true);
      else there.resume(A);
      await there.runFor(2000);
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)(
    'nor does it come back where the one that reset it has forgotten what it did: seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const id = await mintAt(there, A, 7);
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1000);
      expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      for (const node of [A, C]) there.kill(node);
      await there.runFor(400);
      for (const node of [A, C]) there.startNode(node, true);
      await there.runFor(2000);
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)(
    'nor what the owner began when it came back empty, and the other side said is not there: seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1000);
      there.close(A, 'stop');
      await there.runFor(400);
      there.startNode(A, false);
      await there.runFor(600);
      const id = await mintAt(there, A, 7);
      expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)(
    'one that said goodbye before it, and came back on one side, hears of the other as well: seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const lost = await mintAt(there, A, 7);
      there.close(A, 'stop');
      await there.runFor(300);
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1000);
      expect(await ask(there, C, { kind: 'get', id: lost })).toMatchObject({ kind: 'miss' });
      there.startNode(A, false);
      await there.runFor(600);
      const id = await mintAt(there, A, 8);
      expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)(
    'an owner that comes back empty takes over nothing that may be older than what one of those that acted on its behalf forgot: seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const { id, ways } = await keepOnBothSides(there);
      await there.runFor(300);
      there.startNode(A, false);
      there.startNode(B, true);
      await heal(there, ways);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test.each(SEEDS)(
    'nor does it keep that where the one that forgot it comes back only later: seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const { id, ways } = await keepOnBothSides(there);
      for (const [from, to] of ways) there.heal(from, to);
      await there.runFor(1000);
      there.startNode(A, false);
      expect(await there.world.runUntilTrue(() => there.node(A).tenure.phase === 'serving', 10_000)).toBe(true);
      await there.runFor(1000);
      there.startNode(B, true);
      expect(await there.converges(10_000)).toBe(true);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  // One that restarts on purpose waits for the other side: its peer, which is patient with it, is alone meanwhile, and sure of nothing.
  test.each(WAYS_TO_COME_BACK.filter(({ says }) => says !== 'restarts'))(
    'an owner that $says meanwhile and comes back on its own side keeps what nobody asked for on the other: seed $seed',
    async ({ seed, end }) => {
      const there = await start(3, { seed });
      const [early, asked] = [await mintAt(there, A, 7), await mintAt(there, A, 7)];
      const ways = waysBetween([A, B], [C]);
      await cutFor(there, ways, 1000);
      expect(await ask(there, C, { kind: 'get', id: asked })).toMatchObject({ kind: 'miss' });
      end(there);
      await there.runFor(600);
      if (there.nodeOf(A) === undefined) there.startNode(A, true);
      else there.resume(A);
      await there.runFor(2000);
      // Nobody at c has heard of the life in which these begin.
      const [late, lost] = [await mintAt(there, A, 8), await mintAt(there, A, 8)];
      expect(await ask(there, C, { kind: 'get', id: lost })).toMatchObject({ kind: 'miss' });
      expect(await ask(there, B, { kind: 'put', id: early, lineage: 'visitor', write: 9 })).toMatchObject({
        kind: 'written',
      });
      await heal(there, ways);
      expect(await toldOf(there, early)).toEqual(everywhere(there, 9));
      expect(await toldOf(there, late)).toEqual(everywhere(there, 8));
      for (const id of [asked, lost]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
      expect(there.tally.get('wiped')).toBeUndefined();
    },
  );

  test.each(CASES.filter(({ ways }) => ways.length !== 2 || ways[0]?.[1] !== A))(
    'what the other side reset, kept or destroyed is as it left it: $says, seed $seed',
    async ({ size, ways, across, seed }) => {
      const there = await start(size, { seed });
      const [reset, opened, destroyed] = [
        await mintAt(there, A, 7),
        await mintAt(there, A, 7),
        await mintAt(there, A, 7),
      ];
      const [kept, both] = ['a-kept-1', 'a-kept-2'];
      await keepAt(there, A, kept, 7);
      await keepAt(there, A, both, 7);
      await cutFor(there, ways, 3000);
      expect(await ask(there, across, { kind: 'get', id: reset })).toMatchObject({ kind: 'miss' });
      expect(await ask(there, across, { kind: 'destroy', id: destroyed })).toMatchObject({ kind: 'miss' });
      const successor = await ask(there, across, { kind: 'open', id: opened });
      if (successor.kind !== 'opened') throw new TypeError(`opening came to ${successor.kind}`);
      await keepAt(there, across, kept, 8);
      await keepAt(there, across, both, 8);
      // The owner's side goes on with it as well: what the other side did to it wins.
      await ask(there, A, { kind: 'keep', id: both, lineage: both, write: 9 });
      await heal(there, ways);
      expect(await toldOf(there, reset)).toEqual(everywhere(there, 'miss'));
      expect(await toldOf(there, destroyed)).toEqual(everywhere(there, 'miss'));
      expect(await toldOf(there, opened)).toEqual(everywhere(there, 'miss'));
      expect(await ask(there, A, { kind: 'open', id: opened })).toMatchObject({ id: successor.id });
      expect(await toldOf(there, kept)).toEqual(everywhere(there, 8));
      expect(await toldOf(there, both)).toEqual(everywhere(there, 8));
      expect(there.tally.get('wiped')).toBeUndefined();
    },
  );
});
