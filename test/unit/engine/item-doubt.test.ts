import { describe, expect, test } from 'vitest';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import { isItemRead } from '../../../src/session/item-operation.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { DELETE, GET, ID, incr, MG, setUpItems, store, text, type ItemSetup } from './item-setup.ts';

async function setUpItem(): Promise<
  ItemSetup & { readonly reply: (operation: ItemOperation, isSession?: boolean) => Promise<Reply> }
> {
  const setup = setUpItems();
  await setup.ask(store('set', '1'));
  return {
    ...setup,
    reply: (operation, isSession = false) => setup.run({ kind: 'item', id: ID, isSession, operation }),
  };
}

const READS: readonly [string, ItemOperation][] = [
  ['get', GET],
  ['me', { kind: 'inspect' }],
  ['probe', { kind: 'probe' }],
];

const WRITES: readonly [string, ItemOperation][] = [
  ['set', store('set', '2')],
  ['append', store('append', '2')],
  ['incr', incr(1n)],
  ['touch', { kind: 'touch', lifeSeconds: 50 }],
  ['gat', { ...GET, touchSeconds: 50 }],
  ['mark-stale', { kind: 'mark-stale' }],
];

describe('S3 a failure is never a miss', () => {
  test.each([...READS, ...WRITES.slice(1), ['delete', DELETE] as const])(
    '%s is unavailable while the store cannot be read',
    async (_, operation) => {
      const { ask, reply, store: memory } = await setUpItem();
      memory.failNext('get', 'unavailable');
      expect(await reply(operation)).toEqual({ kind: 'unavailable', code: 'STORE_UNAVAILABLE' });
      expect(text(await ask(GET))).toBe('1');
    },
  );

  test.each(READS)('%s is unavailable where the store does not answer: nothing can have been done', async (_, read) => {
    const { reply, store: memory } = await setUpItem();
    expect(isItemRead(read)).toBe(true);
    memory.failNext('get', 'in-doubt');
    expect(await reply(read)).toEqual({ kind: 'unavailable', code: 'STORE_UNAVAILABLE' });
  });

  test.each(WRITES)('%s says whether it was surely not done or may have been done', async (_, write) => {
    const { ask, reply, store: memory } = await setUpItem();
    expect(isItemRead(write)).toBe(false);
    memory.failNext('set', 'unavailable', 'in-doubt');
    expect(await reply(write)).toEqual({ kind: 'unavailable', code: 'STORE_UNAVAILABLE' });
    expect(await reply(write)).toEqual({ kind: 'in-doubt', code: 'STORE_UNAVAILABLE' });
    expect(text(await ask(GET))).toBe('1');
  });

  test.each([
    ['a key', false, 'delete'],
    ['a session', true, 'set'],
  ] as const)('a delete of %s says so, too', async (_, isSession, asks) => {
    const { ask, reply, store: memory } = await setUpItem();
    memory.failNext(asks, 'unavailable', 'in-doubt');
    expect((await reply(DELETE, isSession)).kind).toBe('unavailable');
    expect((await reply(DELETE, isSession)).kind).toBe('in-doubt');
    expect(text(await ask(GET))).toBe('1');
    expect((await reply(DELETE, isSession)).kind).toBe('answered');
  });

  test('who was not told of winning has not won: the next reader wins', async () => {
    const { ask, reply, store: memory } = await setUpItem();
    await ask({ kind: 'mark-stale' });
    memory.failNext('set', 'unavailable');
    expect((await reply(MG)).kind).toBe('unavailable');
    expect(await ask(MG)).toMatchObject({ kind: 'hit', recache: 'won' });
  });

  test('a write in doubt that was done is answered, and counts as fetched by nobody', async () => {
    const { ask, peek, reply, store: memory } = await setUpItem();
    await ask(GET);
    memory.failNext('set', 'in-doubt-applied');
    expect((await reply(store('set', '2'))).kind).toBe('in-doubt');
    expect(await peek()).toMatchObject({ value: Buffer.from('2'), wasFetched: false });
  });
});

describe('S1 never old', () => {
  test('a set that comes late, after a newer acknowledged one, is never answered', async () => {
    const { ask, reply, store: memory } = await setUpItem();
    memory.failNext('set', 'in-doubt-late');
    await reply(store('set', 'late'));
    await ask(store('set', 'newer'));
    await memory.applyLate();
    expect(text(await ask(GET))).toBe('(miss)');
  });
});

describe('S6 bounded', () => {
  test('an operation whose turn comes after its deadline is not begun', async () => {
    const { ask, clock, engine } = await setUpItem();
    const command = { kind: 'item', id: ID, isSession: false, operation: store('set', '2') } as const;
    expect(await engine.execute(command, clock.monotonic())).toEqual({ kind: 'unavailable', code: 'DEADLINE' });
    expect(text(await ask(GET))).toBe('1');
  });

  test('one too many in the line of a key is refused', async () => {
    const { reply, store: memory } = await setUpItem();
    memory.hold();
    const line = Array.from({ length: 9 }, () => reply(GET));
    memory.resume();
    const kinds = (await Promise.all(line)).map((answer) => ('code' in answer ? answer.code : answer.kind));
    expect(kinds).toEqual([...Array<string>(8).fill('answered'), 'SESSION_BUSY']);
  });
});
