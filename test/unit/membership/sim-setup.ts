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
export async function ask(there: SimMesh, node: Letter, act: Act): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const asked = there.visitors.do(node, act).then((told) => (outcome = told));
  await there.world.runUntilTrue(() => outcome !== undefined, 1100, 1);
  return asked;
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
