import { describe, expect, test } from 'vitest';
import { Lives } from '../../../src/membership/lives.ts';
import type { MemberEvent } from '../../../src/membership/member-state.ts';
import { Members } from '../../../src/membership/members.ts';
import { Registrar } from '../../../src/membership/registrar.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letterOf, mapOf } from '../session/letters.ts';
import { NO_METRICS, SILENT } from './membership-setup.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const [A, B, C, D] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d')];
const LIFE = 5;

interface Scene {
  readonly lives: Lives;
  readonly estates: Estates;
  readonly members: Members;
  readonly registrar: Registrar;
}

/** Node a of a, b, c, d. */
function setUp(text?: string): Scene {
  const clock = new FakeClock();
  const map = mapOf('abcd');
  const lives = new Lives({ text });
  const shelf = {
    execute: (command: { id: string }) =>
      Promise.resolve({ kind: 'done', id: command.id, version: 1, ttlSeconds: 60 } as const),
    settle: () => Promise.resolve(),
    releaseLocksOf: () => undefined,
    handBack: (id: string) => Promise.resolve({ kind: 'reset', id } as const),
  };
  const estates = new Estates(
    (owner, isComplete) =>
      new Estate({
        ...{ shelf, ledger: ledgerOf(10, { isComplete }), aliasMs: 60_000, clock },
        onNoted: () => lives.touch(owner),
      }),
    (owner) => lives.of(owner)?.incarnation ?? 0,
  );
  const registrar = new Registrar({ letter: A, map, lives, estates });
  const members: Members = new Members({
    ...{ letter: A, map, clock, log: SILENT, metrics: NO_METRICS },
    remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
    onChange: (peer, _from, to) => registrar.register(peer, to, members),
  });
  return { lives, estates, members, registrar };
}

function meet({ members }: Scene, ...peers: Letter[]): void {
  for (const peer of peers) apply(members, peer, { kind: 'answered', incarnation: LIFE, mayReturn: false });
}

function die({ members }: Scene, peer: Letter, incarnation = LIFE): void {
  apply(members, peer, { kind: 'convicted', incarnation });
}

function comeBack({ members }: Scene, peer: Letter, incarnation: number): void {
  apply(members, peer, { kind: 'held', incarnation });
  apply(members, peer, { kind: 'released', incarnation });
}

function apply(members: Members, peer: Letter, event: MemberEvent): void {
  members.apply(peer, event, 'a test says so');
}

async function actFor({ estates }: Scene, owner: Letter): Promise<void> {
  await estates.get(owner)?.execute({ kind: 'get', id: `${owner}-1` }, Infinity);
}

describe('what is put on record when a member changes', () => {
  test('a death: on disk, with an estate that has no gap', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    expect(new Lives({ text: scene.lives.text }).of(B)).toMatchObject({ incarnation: LIFE, state: 'dead' });
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });

  test('a farewell: the same, as one that left', () => {
    const scene = setUp();
    meet(scene, B);
    apply(scene.members, B, { kind: 'goodbye', incarnation: LIFE });
    expect(new Lives({ text: scene.lives.text }).of(B)).toMatchObject({ state: 'left' });
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });

  test('a return: its new life, and no estate any more', () => {
    const scene = setUp();
    meet(scene, B);
    die(scene, B);
    comeBack(scene, B, LIFE + 1);
    expect(scene.lives.of(B)).toMatchObject({ incarnation: LIFE + 1, state: 'alive' });
    expect(scene.estates.get(B)).toBeUndefined();
  });

  test('a death of which we did something before a restart: an estate with a gap', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    await actFor(scene, B);
    const restarted = setUp(scene.lives.text);
    die(restarted, B);
    expect(restarted.estates.get(B)?.isComplete).toBe(false);
  });

  test('a death in a later life, of which we never heard: what was done for the former one is void', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    await actFor(scene, B);
    die(scene, B, LIFE + 3);
    expect([scene.estates.get(B)?.size, scene.estates.get(B)?.isComplete]).toEqual([0, true]);
  });

  test('a death of which we are told once more: what was done stays on record', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    await actFor(scene, B);
    scene.registrar.register(B, { kind: 'dead', incarnation: LIFE }, scene.members);
    expect(scene.estates.get(B)?.size).toBe(1);
  });

  test('a return that is not finished, and a doubt: nothing changes on record', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    await actFor(scene, B);
    apply(scene.members, B, { kind: 'held', incarnation: LIFE + 1 });
    apply(scene.members, C, { kind: 'doubted' });
    expect(scene.estates.get(B)?.size).toBe(1);
    expect(scene.lives.of(B)).toMatchObject({ incarnation: LIFE, state: 'dead', isTouched: true });
    expect(scene.lives.of(C)).toMatchObject({ incarnation: LIFE, state: 'alive' });
    expect(scene.estates.get(C)).toBeUndefined();
  });
});

describe('the death of a stand-in', () => {
  test('takes along what it did: the estates that it held have a gap from then on, also after a restart', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    die(scene, C);
    expect([scene.estates.get(B)?.isComplete, scene.estates.get(C)?.isComplete]).toEqual([false, true]);
    // Unless it comes back and says itself what it did.
    expect(scene.estates.get(B)?.gapsBy).toEqual([C]);
    const restarted = setUp(scene.lives.text);
    die(restarted, B);
    expect(restarted.estates.get(B)?.isComplete).toBe(false);
  });

  test('of another owner leaves the estate whole', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    die(scene, D);
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });

  test('that never served since we started took nothing along', () => {
    const scene = setUp();
    meet(scene, B);
    die(scene, B);
    die(scene, C, 0);
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });

  test('that we never saw serving may yet have acted for an owner that was dead before we began', () => {
    const scene = setUp();
    meet(scene, B);
    die(scene, B);
    const restarted = setUp(scene.lives.text);
    die(restarted, B);
    expect(restarted.estates.get(B)?.isComplete).toBe(true);
    die(restarted, C, 0);
    expect(restarted.estates.get(B)?.isComplete).toBe(false);
  });

  test('takes nothing along where we stand in ourselves', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, D);
    die(scene, B);
    die(scene, C);
    // a is the next after d, and no other was ever asked.
    expect(scene.estates.get(D)?.isComplete).toBe(true);
  });
});

describe('having been considered dead ourselves', () => {
  test('closes our account of what we did: it is there to be handed back, and nothing is answered from it any more', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    die(scene, C);
    await actFor(scene, C);
    scene.registrar.closeEstates(scene.members);
    expect(scene.estates.get(C)?.size).toBe(0);
    expect(
      scene.estates.accountsOf(C).map(({ isClosed, estate: { size, isComplete } }) => ({ isClosed, size, isComplete })),
    ).toEqual([
      { isClosed: false, size: 0, isComplete: true },
      { isClosed: true, size: 1, isComplete: true },
    ]);
    expect(scene.estates.get(D)).toBeUndefined();
  });

  test('leaves the gaps on record that the death of another stand-in had left', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    die(scene, C);
    scene.registrar.closeEstates(scene.members);
    expect(scene.estates.accountsOf(B).flatMap(({ estate }) => estate.gapsBy)).toEqual([C]);
  });

  test('and having restarted after it, we know that we did something and not what', async () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, C);
    await actFor(scene, C);
    scene.registrar.closeEstates(scene.members);
    const restarted = setUp(scene.lives.text);
    die(restarted, C);
    expect([restarted.estates.get(C)?.isComplete, restarted.estates.get(C)?.gapsBy]).toEqual([false, []]);
  });

  test('costs nothing where we did nothing', () => {
    const scene = setUp();
    meet(scene, B, C, D);
    die(scene, B);
    scene.registrar.closeEstates(scene.members);
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });
});
