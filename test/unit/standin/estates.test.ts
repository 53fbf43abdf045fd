import { expect, test } from 'vitest';
import type { OfferedEstate } from '../../../src/mesh/message.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates, HandOvers, type Account } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ledgerOf } from '../../support/minted-ids.ts';
import { setUpEngine } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';

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

const d = letterOf('d');

function setUpAccount(): { readonly account: Account; readonly handOvers: HandOvers } {
  const clock = new FakeClock();
  const { engine: shelf } = setUpEngine({ clock });
  const ledger = ledgerOf(10);
  const estate = new Estate({ shelf, ledger, aliasMs: 1000, clock, onNoted: () => undefined });
  return { account: { number: 1, life: 1, estate, isClosed: false }, handOvers: new HandOvers() };
}

function offerOf({ estate, number: account, isClosed, life }: Account): OfferedEstate {
  return {
    letter: b,
    account,
    life,
    complete: estate.isComplete,
    gapsBy: estate.gapsBy,
    forgetsUnminted: estate.forgetsUnminted,
    isClosed,
  };
}

async function reset({ estate }: Account, id: string): Promise<void> {
  await estate.execute({ kind: 'get', id }, Infinity);
}

test('who takes over an account in which nothing stands has all of it', () => {
  const { account, handOvers } = setUpAccount();
  expect(handOvers.isWhole(c, account)).toBe(true);
});

test('who has collected up to the last note has all of it, and nobody else has', async () => {
  const { account, handOvers } = setUpAccount();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  expect(handOvers.isWhole(c, account)).toBe(false);
  handOvers.collected(c, 1, (await account.estate.page(0, 10)).nextCursor);
  expect([handOvers.isWhole(c, account), handOvers.isWhole(d, account)]).toEqual([true, false]);
  await reset(account, 'b-two');
  expect(handOvers.isWhole(c, account)).toBe(false);
});

test('who was not told of a gap has not all of it', async () => {
  const { account, handOvers } = setUpAccount();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  handOvers.collected(c, 1, account.estate.lastNote);
  account.estate.markGap(d);
  expect(handOvers.isWhole(c, account)).toBe(false);
  handOvers.offered(c, offerOf(account));
  expect(handOvers.isWhole(c, account)).toBe(false);
  handOvers.collected(c, 1, account.estate.lastNote);
  expect(handOvers.isWhole(c, account)).toBe(true);
});

test('who has joined begins anew the next time', async () => {
  const { account, handOvers } = setUpAccount();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  handOvers.collected(c, 1, account.estate.lastNote);
  handOvers.forget(c);
  expect(handOvers.isWhole(c, account)).toBe(false);
});

test('who was not told that something under ids which no node minted is forgotten has not all of it', async () => {
  const { account, handOvers } = setUpAccount();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  account.estate.forgetUnminted();
  handOvers.collected(c, 1, account.estate.lastNote);
  expect(handOvers.isWhole(c, account)).toBe(false);
  handOvers.offered(c, offerOf(account));
  handOvers.collected(c, 1, (await account.estate.page(0, 10)).nextCursor);
  expect(handOvers.isWhole(c, account)).toBe(true);
});

test('an account that tells of nothing but that something is forgotten has to be told', () => {
  const { account, handOvers } = setUpAccount();
  account.estate.forgetUnminted();
  expect([account.estate.isBlank, account.estate.isUntouched]).toEqual([true, false]);
  expect(handOvers.isWhole(c, account)).toBe(false);
});
