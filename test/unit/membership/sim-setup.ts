import { afterEach } from 'vitest';
import type { Letter } from '../../../src/session/letter.ts';
import type { Act, Outcome } from '../../support/sim/history.ts';
import { SimMesh, type SimMeshOptions } from '../../support/sim/sim-mesh.ts';

let mesh: SimMesh | undefined;

afterEach(() => {
  mesh?.dispose();
  mesh = undefined;
});

/** A simulated mesh of so many nodes, all serving, until the test is over. */
export async function start(size: number, options: Partial<SimMeshOptions> = {}): Promise<SimMesh> {
  mesh = new SimMesh({ seed: 1, size, ...options });
  await mesh.start();
  return mesh;
}

/** Asks a node and waits for the answer. */
export function ask(there: SimMesh, node: Letter, act: Act): Promise<Outcome> {
  return there.answerOf(there.visitors.do(node, act));
}

/** A session of this node, with data. */
export async function mintAt(there: SimMesh, node: Letter, write = 1): Promise<string> {
  const outcome = await ask(there, node, { kind: 'mint', lineage: 'visitor', write });
  if (outcome.kind !== 'written') throw new TypeError(`minting came to ${outcome.kind}`);
  return outcome.id;
}

/** The same from every node. */
export function everywhere<T>(there: SimMesh, what: T): T[] {
  return there.letters.map(() => what);
}
