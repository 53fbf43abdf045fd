import type { Letter } from '../../../src/session/letter.ts';
import { check, isEnd, late, type CheckOptions, type Violation } from './checker.ts';
import { Faults } from './faults.ts';
import type { Deed, History } from './history.ts';
import { subjectOf } from './history.ts';
import type { Random } from './random.ts';
import type { SimMesh } from './sim-mesh.ts';
import { cameBackAcross } from './split-ends.ts';
import { mergedView, sidesOf, sideView, wasTouchedAcross, type Split } from './split-views.ts';

/** A split lasts so long: some are over before anybody is declared dead. */
const SHORTEST_MS = 200;
const LONGEST_MS = 2500;
/** A node that died often is let in again only after half a minute. */
const CONVERGENCE_MS = 60_000;

export interface SplitWeather {
  readonly mesh: SimMesh;
  readonly random: Random;
  /** What befalls the mesh besides, between the splits and while they last. */
  readonly others: 'none' | 'stores' | 'all but cuts';
}

/** Splits a mesh a few times, into sides that the seed decides, and heals it. */
export async function befallWithSplits({ mesh, random, others }: SplitWeather): Promise<Split[]> {
  const splits: Split[] = [];
  const count = 1 + random.below(3);
  for (let number = 1; number <= count; number += 1) {
    const faults =
      others === 'none' ? undefined : new Faults({ mesh, random, everyMs: random.between(400, 1500), choice: others });
    faults?.goOn();
    await mesh.runFor(random.between(50, 400));
    splits.push(await splitOnce(mesh, random, others === 'all but cuts', () => faults?.stop()));
    await mesh.runFor(random.between(0, 500));
  }
  return splits;
}

async function splitOnce(mesh: SimMesh, random: Random, isStorm: boolean, stopOthers: () => void): Promise<Split> {
  const { letters, world } = mesh;
  const sides = drawSides(letters, random);
  const sideOf = (letter: Letter): string => String(sides.get(letter));
  const across = letters.flatMap((from) =>
    letters.filter((to) => sideOf(to) !== sideOf(from)).map((to): [Letter, Letter] => [from, to]),
  );
  const cutAt = world.now;
  mesh.count('split');
  for (const [from, to] of across) mesh.cut(from, to);
  await mesh.runFor(random.between(SHORTEST_MS, LONGEST_MS));
  stopOthers();
  const healedAt = world.now;
  // Cables are mended one after the other.
  for (const [from, to] of random.shuffle(across)) {
    mesh.heal(from, to);
    if (random.chance(0.2)) await mesh.runFor(random.between(0, 300));
  }
  const mendedAt = world.now;
  // With some cables mended and others not, one that may have acted can be out of reach still.
  for (const { node, at } of mesh.wipedAt) if (at > cutAt && at < mendedAt) mesh.hurtAt.set(node, at);
  await mesh.runFor(300);
  if (!(await mesh.converges(CONVERGENCE_MS))) mesh.errors.push(new RangeError('the mesh did not become whole again'));
  const split = { cutAt, healedAt, mendedAt, wholeAt: world.now, sideOf };
  // Where nodes restart besides, one that serves anew need not have met the other side yet.
  if (isStorm) return split;
  const renewedAt = new Map<Letter, number>();
  for (const { node, at } of mesh.servedAt) {
    if (at > mendedAt && !renewedAt.has(node)) renewedAt.set(node, at);
  }
  return { ...split, renewedAt };
}

function drawSides(letters: readonly Letter[], random: Random): ReadonlyMap<Letter, number> {
  const count = letters.length > 2 && random.chance(0.25) ? 3 : 2;
  const shuffled = random.shuffle(letters);
  return new Map(shuffled.map((letter, at) => [letter, at < count ? at : random.below(count)]));
}

export interface Judging {
  readonly splits: readonly Split[];
  readonly options: CheckOptions;
  /** Whether what nobody asked for on a wrong side must be there: not where a node that stood in may have died of something else. */
  readonly isRestKept: boolean;
}

/** Looks for what docs/guarantees.md#splits promises: to each side while a split lasts, and to all when it is over. */
export function checkSplits(
  history: History,
  letters: readonly Letter[],
  { splits, options, isRestKept }: Judging,
): Violation[] {
  // Whom a split costs a session is judged below.
  const circumstances = { ...history, hurtAt: new Map(letters.map((letter) => [letter, -Infinity])), absences: [] };
  const judge = (deeds: readonly Deed[]): Violation[] =>
    check({ ...circumstances, deeds }, { ...options, hardCapMs: Infinity });
  const earlier = (number: number): Deed[] => mergedView(history.deeds, splits.slice(0, number));
  return [
    ...splits.flatMap((split, number) =>
      sidesOf(letters, split).flatMap((side) => judge(sideView(earlier(number), split, side))),
    ),
    ...judge(mergedView(history.deeds, splits)),
    ...late(history, options),
    ...cameBackAcross(history.deeds, splits, options),
    // An account that was too small costs the owner all it has.
    ...(isRestKept && options.areLedgersLarge ? lostWithoutCause(history, splits) : []),
  ];
}

/** S3: whoever is told that a session is gone: somebody was asked for it on a wrong side, or something else befell its owner. */
function lostWithoutCause({ deeds, hurtAt, lineages }: History, splits: readonly Split[]): Violation[] {
  return deeds.flatMap((deed): Violation[] => {
    const id = subjectOf(deed.act);
    if (id === undefined || !isEnd(deed) || deed.act.kind === 'destroy' || lineages.get(id) === id) return [];
    const hurt = [...hurtAt].find(([letter]) => id.startsWith(letter))?.[1] ?? Infinity;
    const isWished = deeds.some(
      ({ act, begunAt }) =>
        (act.kind === 'destroy' || act.kind === 'rotate') && act.id === id && begunAt < deed.endedAt,
    );
    if (hurt < deed.endedAt || isWished || wasTouchedAcross(deed, deeds, splits)) return [];
    return [{ rule: 'S3', what: `${id} is gone, and nobody asked for it on a wrong side`, deeds: [deed] }];
  });
}
