import { expect, test } from 'vitest';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { setUpEngine } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const ORPHAN = `b${'1'.repeat(26)}`;

const [b, c] = [letterOf('b'), letterOf('c')];

interface Scene {
  readonly estates: Estates;
  readonly opened: string[];
  /** The life of every owner that died last. */
  readonly life: { value: number };
}

function setUp(): Scene {
  const clock = new FakeClock();
  const opened: string[] = [];
  const life = { value: 1 };
  const { engine: shelf } = setUpEngine({ clock });
  const estates = new Estates(
    (owner, isComplete) => {
      opened.push(`${owner} ${isComplete}`);
      const ledger = ledgerOf(10, { isComplete });
      return new Estate({ shelf, ledger, aliasMs: 1000, clock, onNoted: () => undefined });
    },
    () => life.value,
  );
  return { estates, opened, life };
}

test('each dead owner has an estate of its own, opened once, as complete as it was then', () => {
  const { estates, opened } = setUp();
  const ofB = estates.begin(b, true);
  const ofC = estates.begin(c, false);
  expect(estates.begin(b, false)).toBe(ofB);
  expect(ofC).not.toBe(ofB);
  expect([ofB.isComplete, ofC.isComplete]).toEqual([true, false]);
  expect(opened).toEqual(['b true', 'c false']);
});

test('an estate that was never opened, or was handed over, is not there; the next death opens another', () => {
  const { estates, opened } = setUp();
  expect(estates.get(b)).toBeUndefined();
  const first = estates.begin(b, true);
  expect(estates.get(b)).toBe(first);
  estates.drop(b);
  estates.drop(c);
  expect(estates.get(b)).toBeUndefined();
  expect(estates.begin(b, false)).not.toBe(first);
  expect(opened).toEqual(['b true', 'b false']);
});

function accountsOf({ estates }: Scene): string[] {
  return estates
    .accountsOf(b)
    .map(({ estate, isClosed, life }) => `${life} ${isClosed ? 'closed' : 'open'} ${estate.size} ${estate.isComplete}`);
}

async function act(estate: Estate, id = ORPHAN): Promise<void> {
  await estate.execute({ kind: 'get', id }, Infinity);
}

test('an estate that is closed stays to be handed back, and another is open in its place', async () => {
  const scene = setUp();
  await act(scene.estates.begin(b, true));
  scene.estates.close(b);
  expect(accountsOf(scene)).toEqual(['1 open 0 true', '1 closed 1 true']);
  // There is nothing in it to close.
  scene.estates.close(b);
  expect(accountsOf(scene)).toEqual(['1 open 0 true', '1 closed 1 true']);
  scene.estates.drop(b);
  expect(accountsOf(scene)).toEqual([]);
});

test('a later life of its owner leaves an estate closed, in the name of the life that it was opened for', async () => {
  const scene = setUp();
  await act(scene.estates.begin(b, true));
  scene.life.value = 2;
  scene.estates.supersede(b);
  expect(scene.estates.get(b)).toBeUndefined();
  scene.estates.begin(b, true);
  expect(accountsOf(scene)).toEqual(['2 open 0 true', '1 closed 1 true']);
  scene.life.value = 3;
  scene.estates.supersede(b);
  scene.estates.begin(b, false);
  expect(accountsOf(scene)).toEqual(['3 open 0 false', '1 closed 1 true']);
});

test('what was handed over is gone where the other has all of it, and is kept, closed, where it has not', async () => {
  for (const isWhole of [true, false]) {
    const scene = setUp();
    await act(scene.estates.begin(b, true));
    scene.estates.handOver(b, isWhole);
    expect(accountsOf(scene)).toEqual(isWhole ? [] : ['1 closed 1 true']);
    expect(scene.estates.isHandedOver(b)).toBe(true);
    // Whoever has it now died: what is begun here is without gaps of our own.
    expect(scene.estates.begin(b, false).isComplete).toBe(true);
  }
});

test('too many closed ones of an owner become one that is not complete', async () => {
  const scene = setUp();
  for (let count = 1; count <= 5; count += 1) {
    await act(scene.estates.begin(b, true));
    scene.estates.close(b);
  }
  expect(accountsOf(scene)).toEqual(['1 open 0 true', '1 closed 1 false']);
});

test('an account that tells of nothing but that something is forgotten is kept, and handed back', () => {
  const scene = setUp();
  scene.estates.begin(b, true).forgetUnminted();
  scene.life.value = 2;
  scene.estates.supersede(b);
  scene.estates.begin(b, true);
  const forgetful = scene.estates.accountsOf(b).map(({ estate, isClosed }) => [isClosed, estate.forgetsUnminted]);
  expect(forgetful).toEqual([
    [false, false],
    [true, true],
  ]);
});
