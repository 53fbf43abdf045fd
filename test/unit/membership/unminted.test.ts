import { describe, expect, test } from 'vitest';
import type { Letter } from '../../../src/session/letter.ts';
import type { SimMesh } from '../../support/sim/sim-mesh.ts';
import { letterOf } from '../session/letters.ts';
import { ask, everywhere, mintAt, start } from './sim-setup.ts';

const [A, B, C, D] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d')];

/** So many ids of each kind does a ledger take here. */
const LIMIT = 5;
const SMALL = { limits: { ledgerEntries: LIMIT } };

/** Keys of an application that draws them itself. */
const [TOUCHED, UNTOUCHED] = ['b-own-1', 'b-own-2'];

async function store(there: SimMesh, node: Letter, id: string, write: number): Promise<void> {
  expect(await ask(there, node, { kind: 'keep', id, lineage: id, write })).toMatchObject({ kind: 'written' });
}

/** Somebody asks this node for more ids than a ledger takes, which nobody minted. */
async function makeUp(there: SimMesh, node: Letter, letter: Letter): Promise<void> {
  for (let n = 0; n <= LIMIT; n += 1) {
    const id = letter + String(n).padStart(26, 'x');
    expect(await ask(there, node, { kind: n % 2 === 0 ? 'get' : 'touch', id })).toMatchObject({ kind: 'miss' });
  }
}

/** What every node says of it: the number of what was written last, or that nothing is there. */
async function toldOf(there: SimMesh, id: string): Promise<(number | string | undefined)[]> {
  const told: (number | string | undefined)[] = [];
  for (const node of there.letters) {
    const outcome = await ask(there, node, { kind: 'get', id });
    told.push(outcome.kind === 'read' ? outcome.payload.write : outcome.kind);
  }
  return told;
}

async function comesBack(there: SimMesh, node: Letter): Promise<void> {
  there.startNode(node, true);
  expect(await there.converges(5000)).toBe(true);
}

describe('more made-up ids than a ledger takes', () => {
  test.each([1, 2, 3, 4, 5])('cost the owner none of the sessions that it minted, with seed %i', async (seed) => {
    const there = await start(3, { ...SMALL, seed });
    const [asked, ...others] = [await mintAt(there, B), await mintAt(there, B), await mintAt(there, B)];
    there.kill(B);
    await there.runFor(300);
    await makeUp(there, A, B);
    await ask(there, A, { kind: 'get', id: asked });
    await comesBack(there, B);
    for (const id of others) expect(await toldOf(there, id)).toEqual(everywhere(there, 1));
    expect(await toldOf(there, asked)).toEqual(everywhere(there, 'miss'));
    expect(there.tally.get('wiped') ?? 0).toBe(0);
  });

  test.each([1, 2, 3, 4, 5])(
    'S1 never old: reset the sessions whose ids the application drew, also those that nobody asked for, with seed %i',
    async (seed) => {
      const there = await start(3, { ...SMALL, seed });
      for (const id of [TOUCHED, UNTOUCHED]) await store(there, B, id, 1);
      there.kill(B);
      await there.runFor(300);
      await makeUp(there, C, B);
      await store(there, A, TOUCHED, 2);
      await comesBack(there, B);
      for (const id of [TOUCHED, UNTOUCHED]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
      // They can be begun anew, and a later daemon that finds the old records beside keeps to it.
      await store(there, C, TOUCHED, 3);
      there.kill(B);
      await comesBack(there, B);
      expect(await toldOf(there, TOUCHED)).toEqual(everywhere(there, 3));
      expect(await toldOf(there, UNTOUCHED)).toEqual(everywhere(there, 'miss'));
    },
  );

  test('that nobody reads before the owner restarts once more are no older then', async () => {
    const there = await start(3, SMALL);
    for (const id of [TOUCHED, UNTOUCHED]) await store(there, B, id, 1);
    const id = await mintAt(there, B);
    there.kill(B);
    await there.runFor(300);
    await makeUp(there, C, B);
    await comesBack(there, B);
    for (const mode of ['kill', 'restart'] as const) {
      if (mode === 'kill') there.kill(B);
      else there.close(B, 'restart');
      await there.runFor(300);
      await comesBack(there, B);
    }
    for (const own of [TOUCHED, UNTOUCHED]) expect(await toldOf(there, own)).toEqual(everywhere(there, 'miss'));
    expect(await toldOf(there, id)).toEqual(everywhere(there, 1));
  });

  test('are remembered as too many by the stand-in that takes the ledger over', async () => {
    const there = await start(4, SMALL);
    await store(there, B, UNTOUCHED, 1);
    const id = await mintAt(there, B);
    there.kill(C);
    there.kill(B);
    await there.runFor(500);
    // d stands in for b until c is back.
    await makeUp(there, A, B);
    expect(there.node(D).estates.get(B)?.forgetsUnminted).toBe(true);
    await comesBackAmong(there, C, [A, C, D]);
    expect(there.node(C).estates.get(B)?.forgetsUnminted).toBe(true);
    await comesBack(there, B);
    expect(await toldOf(there, UNTOUCHED)).toEqual(everywhere(there, 'miss'));
    expect(await toldOf(there, id)).toEqual(everywhere(there, 1));
    expect(there.tally.get('unminted reset')).toBe(1);
  });

  test('on one side of a split reset the sessions of the other under such ids, and no others', async () => {
    const there = await start(3, SMALL);
    await store(there, B, UNTOUCHED, 1);
    const id = await mintAt(there, B);
    for (const other of [A, C])
      for (const [from, to] of [
        [B, other],
        [other, B],
      ] as const)
        there.cut(from, to);
    await there.runFor(1500);
    await makeUp(there, C, B);
    await store(there, B, UNTOUCHED, 2);
    for (const other of [A, C])
      for (const [from, to] of [
        [B, other],
        [other, B],
      ] as const)
        there.heal(from, to);
    await there.runFor(1000);
    expect(await there.converges(5000)).toBe(true);
    expect(await toldOf(there, UNTOUCHED)).toEqual(everywhere(there, 'miss'));
    expect(await toldOf(there, id)).toEqual(everywhere(there, 1));
  });
});

/** A daemon starts again while others are still gone. */
async function comesBackAmong(there: SimMesh, node: Letter, living: readonly Letter[]): Promise<void> {
  there.startNode(node, true);
  const isBack = (): boolean =>
    there.nodeOf(node)?.tenure.phase === 'serving' &&
    living.every((one) => one === node || there.node(one).members.stateOf(node).kind === 'alive');
  expect(await there.world.runUntilTrue(isBack, 8000)).toBe(true);
}
