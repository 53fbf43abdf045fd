import type { Letter } from '../../../src/session/letter.ts';
import { Random } from './random.ts';
import { SimMesh } from './sim-mesh.ts';

export interface FlappingResult {
  readonly seed: number;
  /** One line each; empty where every node served soon. */
  readonly complaints: readonly string[];
  readonly deaths: number;
  /** Of all joins, the one that took the most. */
  readonly mostLives: number;
  readonly trace: readonly string[];
}

/** Nobody is out for longer than this once all cables are mended. */
const LONGEST_OUT_MS = 5000;
/** A join that a peer does not accept may have to begin again, in another life, but not again and again. */
const MOST_LIVES = 3;
const FEWEST_CUTS = 6;
const MOST_CUTS = 24;

/** Links that come and go: each cut is around the time that a verdict takes, and the rest between two may be shorter. */
export async function runFlapping(seed: number, size: number, isTraced = false): Promise<FlappingResult> {
  const random = new Random(seed);
  const trace: string[] = [];
  const mesh = new SimMesh({
    ...{ seed: random.below(2 ** 31), size },
    ...(isTraced && { trace: (line: string) => void trace.push(line) }),
  });
  const complaints: string[] = [];
  try {
    await mesh.start();
    mesh.visitors.start(2);
    const cuts = FEWEST_CUTS + random.below(MOST_CUTS - FEWEST_CUTS);
    // The same cable each time, or another one.
    const loose = random.chance(0.5) ? random.pick(mesh.letters) : undefined;
    for (let cut = 0; cut < cuts; cut += 1) await flap(mesh, random, loose ?? random.pick(mesh.letters));
    const isWell = await mesh.converges(LONGEST_OUT_MS);
    if (!isWell) complaints.push(...mesh.letters.flatMap((letter) => outage(mesh, letter)));
    for (const { node, lives } of mesh.joins) {
      if (lives > MOST_LIVES) complaints.push(`${node} took ${lives} lives to join`);
    }
    complaints.push(...mesh.errors.map((error) => `unexpected: ${String(error)}`));
  } finally {
    mesh.dispose();
  }
  const mostLives = Math.max(0, ...mesh.joins.map(({ lives }) => lives));
  const named = complaints.map((complaint) => `seed ${seed}, ${size} nodes: ${complaint}`);
  return { seed, complaints: named, deaths: mesh.tally.get('member suspect -> dead') ?? 0, mostLives, trace };
}

async function flap(mesh: SimMesh, random: Random, letter: Letter): Promise<void> {
  const others = mesh.letters.filter((other) => other !== letter);
  for (const other of others) {
    mesh.cut(letter, other);
    mesh.cut(other, letter);
  }
  await mesh.runFor(random.between(150, 800));
  for (const other of others) {
    mesh.heal(letter, other);
    mesh.heal(other, letter);
  }
  await mesh.runFor(random.chance(0.5) ? random.between(20, 600) : random.between(600, 3000));
}

function outage(mesh: SimMesh, letter: Letter): string[] {
  const tenure = mesh.nodeOf(letter)?.tenure;
  if (tenure?.phase === 'serving') return [];
  return [`${letter} is out ${LONGEST_OUT_MS} ms after the last cable was mended (${tenure?.why ?? 'not running'})`];
}
