import { expect } from 'vitest';
import type { Letter } from '../../../src/session/letter.ts';
import type { SimMesh } from '../../support/sim/sim-mesh.ts';
import { ask } from './sim-setup.ts';

export async function keepAt(there: SimMesh, node: Letter, id: string, write: number): Promise<void> {
  expect(await ask(there, node, { kind: 'keep', id, lineage: id, write })).toMatchObject({ kind: 'written' });
}

/** What each node says of a session: the write that it reads, or that it is gone. */
export async function toldOf(there: SimMesh, id: string): Promise<(number | string | undefined)[]> {
  const told: (number | string | undefined)[] = [];
  for (const node of there.letters) {
    const outcome = await ask(there, node, { kind: 'get', id });
    told.push(outcome.kind === 'read' ? outcome.payload.write : outcome.kind);
  }
  return told;
}

export type Way = readonly [from: Letter, to: Letter];

/** Every way between nodes of different sides. */
export function waysBetween(...sides: readonly (readonly Letter[])[]): Way[] {
  return sides.flatMap((side) =>
    side.flatMap((from) =>
      sides.filter((other) => other !== side).flatMap((other) => other.map((to): Way => [from, to])),
    ),
  );
}

export async function cutFor(there: SimMesh, ways: readonly Way[], forMs: number): Promise<void> {
  for (const [from, to] of ways) there.cut(from, to);
  await there.runFor(forMs);
}

export async function heal(there: SimMesh, ways: readonly Way[]): Promise<void> {
  for (const [from, to] of ways) there.heal(from, to);
  await there.runFor(300);
  expect(await there.converges(10_000)).toBe(true);
  expect(there.errors).toEqual([]);
}
