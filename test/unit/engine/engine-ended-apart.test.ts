import { describe, expect, test } from 'vitest';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

const PLAIN_KEY = 'a:page:17';

function item(operation: ItemOperation, id = ID): OwnerCommand {
  return { kind: 'item', id, isSession: id === ID, operation };
}

function set(value: string, changes: { lifeSeconds?: number; seen?: number } = {}, id = ID): OwnerCommand {
  const bytes = Buffer.from(value);
  const plain = { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 0, isInvalidating: false, value: bytes } as const;
  return item({ ...plain, ...changes }, id);
}

const GET: OwnerCommand = { kind: 'get', id: ID };

/** What the other side of a split hands back: somebody there went on under the id. */
async function keptAcross(clock: FakeClock, id = ID): Promise<EstateEntry> {
  const shelf = setUpEngine({ clock, incarnation: clock.now() - 1_000_000 });
  expect(summary(await shelf.run(set('theirs', {}, id)))).toBe('answered stored');
  return shelf.engine.handBack(id);
}

async function setUpSession(id = ID): Promise<EngineSetup> {
  const setup = setUpEngine();
  expect(summary(await setup.run(set('ours', {}, id)))).toBe('answered stored');
  return setup;
}

const WAYS: readonly (readonly [how: string, command: OwnerCommand])[] = [
  ['destroyed over HTTP', { kind: 'destroy', id: ID }],
  ['rotated without grace', { kind: 'rotate', id: ID, graceSeconds: 0 }],
  ['rotated, in its grace or after', { kind: 'rotate', id: ID, graceSeconds: 5 }],
  ['deleted by a memcached client', item({ kind: 'delete' })],
  ['set with a negative life', set('', { lifeSeconds: -1 })],
  ['touched with a negative life', item({ kind: 'touch', lifeSeconds: -1 })],
  ['read and touched with a negative life', item({ kind: 'read', touchSeconds: -1, canWin: false, isPeek: false })],
];

/** Within the tombstone's life, and when neither store nor tombstone tells of it any more. */
const MOMENTS = [0, 2 * SESSION.tombstoneSeconds * 1000 + 120_000];

const CASES = WAYS.flatMap(([how, command]) => MOMENTS.map((afterMs) => ({ how, command, afterMs })));

describe('S5 destroyed stays destroyed, also across a split:', () => {
  test.each(CASES)('$how here, kept there, healed $afterMs ms later', async ({ command, afterMs }) => {
    const { clock, engine, run } = await setUpSession();
    expect(['done', 'answered']).toContain((await run(command)).kind);
    clock.advance(afterMs);
    await engine.settle(await keptAcross(clock));
    expect((await run(GET)).kind).toBe('miss');
    expect(summary(await run(item({ kind: 'read', canWin: false, isPeek: false })))).toBe('answered miss');
  });

  test('also where it was begun anew here since, by a client that knew of its end', async () => {
    const { clock, engine, run } = await setUpSession();
    await run({ kind: 'destroy', id: ID });
    const told = await run(item({ kind: 'read', canWin: false, isPeek: false }));
    const seen = told.kind === 'answered' && told.answer.kind === 'miss' ? told.answer.grave : undefined;
    expect(summary(await run(set('anew', { seen: seen ?? 0 })))).toBe('answered stored');
    await engine.settle(await keptAcross(clock));
    expect(summary(await run(GET))).toBe('miss destroyed');
  });

  test('and what was kept there cannot be written again by who read it there', async () => {
    const { clock, engine, run } = await setUpSession();
    await run({ kind: 'destroy', id: ID });
    clock.advance(2 * SESSION.tombstoneSeconds * 1000);
    await engine.settle(await keptAcross(clock));
    expect(summary(await run(set('theirs once more')))).toBe('answered not-stored');
    clock.advance(SESSION.tombstoneSeconds * 1000);
    expect(summary(await run(set('somebody else')))).toBe('answered stored');
  });

  test('set with a negative life where nothing is here ends what is kept there', async () => {
    const { clock, engine, run } = setUpEngine();
    expect(summary(await run(set('', { lifeSeconds: -1 })))).toBe('answered stored');
    await engine.settle(await keptAcross(clock));
    expect((await run(GET)).kind).toBe('miss');
  });

  test('a set with a negative life takes no tombstone away', async () => {
    const { run } = await setUpSession();
    await run({ kind: 'destroy', id: ID });
    const told = await run(item({ kind: 'read', canWin: false, isPeek: false }));
    const seen = told.kind === 'answered' && told.answer.kind === 'miss' ? told.answer.grave : undefined;
    expect(summary(await run(set('', { lifeSeconds: -1, seen: seen ?? 0 })))).toBe('answered stored');
    expect(summary(await run(set('late')))).toBe('answered not-stored');
  });

  test('a plain key that was deleted here is a miss as well, and can be set again at once', async () => {
    const { clock, engine, run } = await setUpSession(PLAIN_KEY);
    expect(summary(await run(item({ kind: 'delete' }, PLAIN_KEY)))).toBe('answered deleted');
    await engine.settle(await keptAcross(clock, PLAIN_KEY));
    expect((await run({ kind: 'get', id: PLAIN_KEY })).kind).toBe('miss');
    expect(summary(await run(set('anew', {}, PLAIN_KEY)))).toBe('answered stored');
  });

  test("but what only ran out here, at nobody's wish, goes on as it was kept there", async () => {
    const { clock, engine, run } = setUpEngine();
    await run(set('ours', { lifeSeconds: 10 }));
    clock.advance(11_000);
    expect(summary(await run(GET))).toBe('miss expired');
    await engine.settle(await keptAcross(clock));
    expect(summary(await run(GET))).toBe('done theirs');
  });

  test('and what was begun anew there after an end that came from there is taken over, however often', async () => {
    const { clock, engine, run } = await setUpSession();
    const shelf = setUpEngine({ clock, incarnation: clock.now() - 1_000_000 });
    await shelf.run({ kind: 'destroy', id: ID });
    const told = await shelf.run(item({ kind: 'read', canWin: false, isPeek: false }));
    const seen = told.kind === 'answered' && told.answer.kind === 'miss' ? told.answer.grave : undefined;
    expect(summary(await shelf.run(set('anew', { seen: seen ?? 0 })))).toBe('answered stored');
    for (let attempt = 1; attempt <= 2; attempt += 1) await engine.settle(await shelf.engine.handBack(ID));
    expect(summary(await run(GET))).toBe('done anew');
  });

  test('a session that was destroyed there is gone here, though it was written here since', async () => {
    for (const afterMs of MOMENTS) {
      const { clock, engine, run } = await setUpSession();
      const shelf = setUpEngine({ clock, incarnation: clock.now() - 1_000_000 });
      await shelf.run({ kind: 'destroy', id: ID });
      clock.advance(afterMs);
      expect((await run({ kind: 'keep', id: ID, content: json({ n: 2 }) })).kind).toBe('done');
      await engine.settle(await shelf.engine.handBack(ID));
      expect((await run(GET)).kind).toBe('miss');
    }
  });
});
