import { expect, test } from 'vitest';
import type { OfferedEstate } from '../../../src/mesh/message.ts';
import { Estate } from '../../../src/standin/estate.ts';
import type { Account } from '../../../src/standin/estates.ts';
import { HandOvers } from '../../../src/standin/hand-overs.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { setUpEngine } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const [b, c, d] = [letterOf('b'), letterOf('c'), letterOf('d')];

function setUp(): { readonly account: Account; readonly handOvers: HandOvers } {
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
  const { account, handOvers } = setUp();
  expect(handOvers.isWhole(c, account)).toBe(true);
});

test('who has collected up to the last note has all of it, and nobody else has', async () => {
  const { account, handOvers } = setUp();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  expect(handOvers.isWhole(c, account)).toBe(false);
  handOvers.collected(c, 1, (await account.estate.page(0, 10)).nextCursor);
  expect([handOvers.isWhole(c, account), handOvers.isWhole(d, account)]).toEqual([true, false]);
  await reset(account, 'b-two');
  expect(handOvers.isWhole(c, account)).toBe(false);
});

test('who was not told of a gap has not all of it', async () => {
  const { account, handOvers } = setUp();
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
  const { account, handOvers } = setUp();
  await reset(account, 'b-one');
  handOvers.offered(c, offerOf(account));
  handOvers.collected(c, 1, account.estate.lastNote);
  handOvers.forget(c);
  expect(handOvers.isWhole(c, account)).toBe(false);
});

test('who was not told that something under ids which no node minted is forgotten has not all of it', async () => {
  const { account, handOvers } = setUp();
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
  const { account, handOvers } = setUp();
  account.estate.forgetUnminted();
  expect([account.estate.isBlank, account.estate.isUntouched]).toEqual([true, false]);
  expect(handOvers.isWhole(c, account)).toBe(false);
});
