import { describe, expect, test } from 'vitest';
import { NoSpareIdError } from '../../../src/clients/client-errors.ts';
import type { MintedId } from '../../../src/clients/daemon-sessions.ts';
import { SpareIds } from '../../../src/clients/spare-ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const COUNT = 4;
const PATIENCE_MS = 1000;

/** A daemon that mints at once, until it is told to fail or to take its time. */
class Mint {
  readonly clock = new FakeClock();
  readonly ids: SpareIds;
  minted = 0;
  mode: 'works' | 'hangs' | 'fails' = 'works';

  constructor() {
    this.ids = new SpareIds({ mint: () => this.#mint(), count: COUNT, patienceMs: PATIENCE_MS, clock: this.clock });
  }

  /** What `whenReady` called back with, or that it has not yet. */
  wait(): { answer: 'waiting' | 'ready' | Error; id?: string } {
    const waiter: { answer: 'waiting' | 'ready' | Error; id?: string } = { answer: 'waiting' };
    this.ids.whenReady((error) => {
      waiter.answer = error ?? 'ready';
      if (error === undefined) waiter.id = this.ids.draw().id;
    });
    return waiter;
  }

  #mint(): Promise<MintedId> {
    if (this.mode === 'fails') return Promise.reject(new RangeError('no daemon'));
    if (this.mode === 'hangs') return new Promise(() => undefined);
    this.minted += 1;
    return Promise.resolve({ id: `id ${this.minted}`, version: 1 });
  }
}

async function filled(): Promise<Mint> {
  const mint = new Mint();
  await mint.clock.advanceSettling(0);
  return mint;
}

describe('ids that lie ready', () => {
  test('are minted ahead, given once each in the order of their minting, and replaced', async () => {
    const mint = await filled();
    expect(mint.minted).toBe(COUNT);
    const drawn = [];
    for (let n = 0; n < 10; n += 1) {
      drawn.push(mint.ids.draw().id);
      await mint.clock.advanceSettling(0);
    }
    expect(drawn).toEqual(Array.from({ length: 10 }, (_, n) => `id ${n + 1}`));
  });

  test('when none is left, drawing says what to do, and waiting helps', async () => {
    const mint = await filled();
    for (let n = 0; n < COUNT; n += 1) mint.ids.draw();
    expect(() => mint.ids.draw()).toThrow(NoSpareIdError);
    const waiter = mint.wait();
    expect(waiter.answer).toBe('waiting');
    await mint.clock.advanceSettling(0);
    expect(waiter).toEqual({ answer: 'ready', id: `id ${COUNT + 1}` });
  });

  test('a crowd is let in one by one, and each of it gets one', async () => {
    const mint = await filled();
    const crowd = Array.from({ length: 50 }, () => mint.wait());
    await mint.clock.advanceSettling(0);
    expect(crowd.filter(({ answer }) => answer !== 'ready')).toEqual([]);
    expect(new Set(crowd.map(({ id }) => id)).size).toBe(50);
    expect(mint.minted).toBe(50 + COUNT);
  });

  test('none is given that would be forgotten before a slow request has written under it', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    // The process stood still: no timer has replaced them.
    mint.clock.stopFor(91_000);
    expect(() => mint.ids.draw()).toThrow(NoSpareIdError);
  });

  test('in a quiet time they are replaced before they are too old', async () => {
    const mint = await filled();
    for (let n = 0; n < 20; n += 1) {
      await mint.clock.advanceSettling(30_000);
      expect(mint.wait()).toMatchObject({ answer: 'ready' });
    }
  });

  test('whoever waits is told at once that minting fails, and why', async () => {
    const mint = await filled();
    mint.mode = 'fails';
    mint.ids.discard();
    const waiter = mint.wait();
    await mint.clock.advanceSettling(0);
    expect(waiter.answer).toEqual(new RangeError('no daemon'));
    expect(() => mint.ids.draw()).toThrow('no daemon');
  });

  test('minting is tried again without anybody asking, and then works as before', async () => {
    const mint = await filled();
    mint.mode = 'fails';
    mint.ids.discard(new RangeError('no daemon'));
    await mint.clock.advanceSettling(3000);
    mint.mode = 'works';
    await mint.clock.advanceSettling(500);
    expect(mint.ids.draw().id).toBe(`id ${COUNT + 1}`);
    expect(mint.minted).toBeGreaterThanOrEqual(2 * COUNT);
  });

  test('nobody waits longer than the patience', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    mint.ids.discard();
    const waiter = mint.wait();
    await mint.clock.advanceSettling(PATIENCE_MS - 1);
    expect(waiter.answer).toBe('waiting');
    await mint.clock.advanceSettling(1);
    expect(waiter.answer).toBeInstanceOf(NoSpareIdError);
  });

  test('so many may wait, and no more', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    mint.ids.discard();
    const crowd = Array.from({ length: 1025 }, () => mint.wait());
    expect(crowd.filter(({ answer }) => answer === 'waiting')).toHaveLength(1024);
    expect(crowd.at(-1)?.answer).toBeInstanceOf(NoSpareIdError);
  });

  test('closing sends away who waits, and leaves no timer', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    mint.ids.discard();
    const waiter = mint.wait();
    mint.ids.close();
    await mint.clock.advanceSettling(0);
    expect(waiter.answer).toBeInstanceOf(NoSpareIdError);
    expect(mint.wait().answer).toBeInstanceOf(NoSpareIdError);
    expect(mint.clock.pending).toBe(0);
  });
});
