import { describe, expect, test } from 'vitest';
import { NoSpareIdError } from '../../../src/clients/client-errors.ts';
import type { MintedId } from '../../../src/clients/daemon-sessions.ts';
import { SpareIds } from '../../../src/clients/spare-ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const COUNT = 4;
const PATIENCE_MS = 1000;

interface Visit {
  answer: 'waiting' | 'ready' | Error;
  readonly ids: string[];
  readonly draw: () => string;
}

/** A daemon that mints at once, until it is told to fail or to take its time. */
class Mint {
  readonly clock = new FakeClock();
  readonly ids: SpareIds;
  minted = 0;
  mode: 'works' | 'slow' | 'hangs' | 'fails' = 'works';
  #ordered: ((minted: MintedId) => void)[] = [];

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

  /** A request that is let in, and draws so many ids when it is. */
  request(draws: number): Visit {
    const visit: Visit = { answer: 'waiting', ids: [], draw: () => this.ids.draw(visit).id };
    this.ids.admit(visit, (error) => {
      visit.answer = error ?? 'ready';
      if (error === undefined) for (let n = 0; n < draws; n += 1) visit.ids.push(visit.draw());
    });
    return visit;
  }

  /** One that was ordered while it was slow. */
  async deliver(): Promise<void> {
    this.minted += 1;
    this.#ordered.shift()?.({ id: `id ${this.minted}`, version: 1 });
    await this.clock.advanceSettling(0);
  }

  #mint(): Promise<MintedId> {
    if (this.mode === 'fails') return Promise.reject(new RangeError('no daemon'));
    if (this.mode === 'hangs') return new Promise(() => undefined);
    if (this.mode === 'slow') return new Promise((resolve) => this.#ordered.push(resolve));
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
    const crowd = Array.from({ length: 8193 }, () => mint.wait());
    expect(crowd.filter(({ answer }) => answer === 'waiting')).toHaveLength(8192);
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

describe('ids that are set apart for requests', () => {
  test('each of a crowd can draw two without waiting, however many there are', async () => {
    const mint = await filled();
    const crowd = Array.from({ length: 300 }, () => mint.request(2));
    await mint.clock.advanceSettling(0);
    expect(crowd.filter(({ answer }) => answer !== 'ready')).toEqual([]);
    expect(new Set(crowd.flatMap(({ ids }) => ids)).size).toBe(600);
  });

  test('they are there when the request draws late, whatever others have drawn meanwhile', async () => {
    const mint = await filled();
    const late = Array.from({ length: 30 }, () => mint.request(0));
    await mint.clock.advanceSettling(0);
    mint.mode = 'hangs';
    for (let n = 0; n < COUNT; n += 1) mint.ids.draw();
    expect(() => mint.ids.draw()).toThrow(NoSpareIdError);
    const drawn = late.flatMap((visit) => [visit.draw(), visit.draw()]);
    expect(new Set(drawn).size).toBe(60);
    expect(() => late[0]?.draw()).toThrow(NoSpareIdError);
  });

  test('what a request has drawn is set apart for it anew, before others are let in', async () => {
    const mint = await filled();
    mint.mode = 'slow';
    const first = mint.request(4);
    expect(first.ids).toEqual(['id 1', 'id 2', 'id 3', 'id 4']);
    const second = mint.request(0);
    let isRepaid = false;
    mint.ids.whenRepaid(() => (isRepaid = true), new AbortController().signal);
    await mint.deliver();
    expect([isRepaid, second.answer]).toEqual([false, 'waiting']);
    await mint.deliver();
    expect([isRepaid, second.answer]).toEqual([true, 'waiting']);
    await mint.deliver();
    await mint.deliver();
    expect(second.answer).toBe('ready');
    expect([first.draw(), first.draw(), second.draw(), second.draw()]).toEqual(['id 5', 'id 6', 'id 7', 'id 8']);
  });

  test('waiting for what was drawn ends with the deadline, and at once where nothing was', async () => {
    const mint = await filled();
    let repaid = 0;
    const deadline = new AbortController();
    mint.ids.whenRepaid(() => (repaid += 1), deadline.signal);
    expect(repaid).toBe(1);
    mint.mode = 'hangs';
    mint.request(4);
    mint.ids.whenRepaid(() => (repaid += 1), deadline.signal);
    expect(repaid).toBe(1);
    deadline.abort();
    expect(repaid).toBe(2);
  });

  test("an answered request's are for others", async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    const [first, second] = [mint.request(0), mint.request(0)];
    const third = mint.request(2);
    await mint.clock.advanceSettling(0);
    expect(third.answer).toBe('waiting');
    mint.ids.release(first);
    await mint.clock.advanceSettling(0);
    expect(third.answer).toBe('ready');
    expect(second.answer).toBe('ready');
  });

  test('a request that was answered while ids were minted for it takes none', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    const first = mint.request(2);
    const second = mint.request(2);
    mint.ids.release(first);
    mint.ids.release(second);
    const third = mint.request(0);
    await mint.clock.advanceSettling(0);
    expect(second.answer).toBe('ready');
    expect(third.answer).toBe('waiting');
  });

  test('none are kept, and none renewed, for a page that takes very long', async () => {
    const mint = await filled();
    for (let n = 0; n < 100; n += 1) mint.request(0);
    await mint.clock.advanceSettling(180_000);
    const before = mint.minted;
    await mint.clock.advanceSettling(45_000);
    expect(mint.minted - before).toBeLessThanOrEqual(COUNT);
  });

  test('ids that were lost are minted again for those who are under way', async () => {
    const mint = await filled();
    const visits = Array.from({ length: 30 }, () => mint.request(0));
    await mint.clock.advanceSettling(0);
    mint.ids.discard();
    mint.ids.discard();
    await mint.clock.advanceSettling(0);
    mint.mode = 'hangs';
    const before = mint.minted;
    const drawn = visits.flatMap((visit) => [visit.draw(), visit.draw()]);
    expect(new Set(drawn).size).toBe(60);
    expect(mint.minted).toBe(before);
  });

  test('closing sends away those who are held back, and ends what is set apart', async () => {
    const mint = await filled();
    mint.mode = 'hangs';
    const visit = mint.request(0);
    mint.request(0);
    const held = mint.request(0);
    mint.ids.close();
    await mint.clock.advanceSettling(0);
    expect(held.answer).toBeInstanceOf(NoSpareIdError);
    expect(() => visit.draw()).toThrow(NoSpareIdError);
    expect(mint.clock.pending).toBe(0);
  });
});
