import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import { settled } from '../../support/fake-clock.ts';
import type { Fault } from '../../support/fake-store.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

async function setUpSession(hotMegabytes = 0): Promise<EngineSetup> {
  const setup = setUpEngine({ hotMegabytes });
  await setup.run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
  return setup;
}

function put(value: unknown): OwnerCommand {
  return { kind: 'put', id: ID, content: json(value) };
}

const WRITES: readonly OwnerCommand[] = [
  put({ n: 2 }),
  { kind: 'keep', id: ID, content: json({ n: 2 }) },
  { kind: 'patch', id: ID, patch: Buffer.from('{"n":2}') },
  { kind: 'touch', id: ID },
  { kind: 'destroy', id: ID },
];

describe('S3 a failure is never a miss', () => {
  test.each([
    ...WRITES,
    { kind: 'get', id: ID },
    { kind: 'open', id: ID },
    { kind: 'rotate', id: ID },
  ] as OwnerCommand[])('$kind is unavailable while the store cannot be read', async (command) => {
    const { run, store } = await setUpSession();
    store.failNext('get', 'unavailable', 'in-doubt');
    expect(summary(await run(command))).toBe('unavailable STORE_UNAVAILABLE');
    expect(summary(await run(command))).toBe('unavailable STORE_UNAVAILABLE');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
  });

  test.each(WRITES)(
    '$kind says whether it was surely not done, may have been done, or did not fit',
    async (command) => {
      const { run, store } = await setUpSession();
      store.failNext('set', 'unavailable', 'in-doubt', 'too-large');
      expect(summary(await run(command))).toBe('unavailable STORE_UNAVAILABLE');
      expect(summary(await run(command))).toBe('in-doubt STORE_UNAVAILABLE');
      expect(summary(await run(command))).toBe('refused TOO_LARGE');
      expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
    },
  );
});

const anyFault = fc.constantFrom<(Fault | undefined)[]>(
  undefined,
  undefined,
  'unavailable',
  'in-doubt',
  'in-doubt-applied',
  'in-doubt-late',
);

describe('S1 never old', () => {
  test('a write in doubt that was done is answered, and one that was not done is not', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt', 'in-doubt-applied');
    await run(put({ n: 2 }));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
    await run(put({ n: 3 }));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":3}');
  });

  test('a set that timed out and comes late, after a newer acknowledged one, is never answered: reset, not old', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt-late');
    await run(put({ n: 2 }));
    doneOf(await run(put({ n: 3 })));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":3}');
    await store.applyLate();
    for (const command of [
      { kind: 'get', id: ID },
      { kind: 'open', id: ID },
      ...WRITES.filter(({ kind }) => kind !== 'keep'),
    ]) {
      expect(summary(await run(command as OwnerCommand))).toBe('miss store-lost');
    }
  });

  test.each([
    ['asked of the store each time', 0],
    ['kept at hand', 1],
  ])(
    'nor after a restart, by a daemon that does not remember the newer one, %s: it is looked for a second after the doubt',
    async (_, hotMegabytes) => {
      const { run, store, clock } = await setUpSession(hotMegabytes);
      store.failNext('set', 'in-doubt-late');
      await run(put({ n: 2 }));
      doneOf(await run(put({ n: 3 })));
      await store.applyLate();
      clock.advance(1000);
      await settled();
      const next = setUpEngine({ clock, incarnation: clock.now() + 1 });
      await next.store.plant(ID, (await store.peek(ID)) ?? Buffer.alloc(0));
      expect(summary(await next.run({ kind: 'get', id: ID }))).toBe('miss store-lost');
      expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss store-lost');
    },
  );

  test('and a tombstone that is covered so stands again, for as long as it had to', async () => {
    const { run, store, clock } = await setUpSession();
    store.failNext('set', 'in-doubt-late');
    await run(put({ n: 2 }));
    doneOf(await run({ kind: 'destroy', id: ID }));
    await store.applyLate();
    clock.advance(1000);
    await settled();
    const next = setUpEngine({ clock, incarnation: clock.now() + 1 });
    await next.store.plant(ID, (await store.peek(ID)) ?? Buffer.alloc(0));
    const keep = { kind: 'keep', id: ID, content: json({ n: 4 }) } as const;
    expect(summary(await next.run(keep))).toBe('refused DESTROYED');
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1000);
    expect((await next.run(keep)).kind).toBe('done');
  });

  test('a write in doubt that was done, or never was, is left as it is', async () => {
    for (const fault of ['in-doubt', 'in-doubt-applied'] as const) {
      const { run, store, clock } = await setUpSession();
      store.failNext('set', fault);
      await run(put({ n: 2 }));
      clock.advance(1000);
      await settled();
      expect(summary(await run({ kind: 'get', id: ID }))).toBe(`done {"n":${fault === 'in-doubt' ? 1 : 2}}`);
    }
  });

  test('S6 bounded: one look for each session, a thousand at most, and none that fails harms', async () => {
    const { run, store, clock } = setUpEngine();
    const ids = Array.from({ length: 1001 }, (_, n) => `a${n}`);
    for (const id of [...ids, ...ids]) {
      store.failNext('set', 'in-doubt');
      await run({ kind: 'keep', id, content: json({}) });
    }
    store.asked.length = 0;
    store.failNext('get', 'unavailable', 'in-doubt');
    clock.advance(1000);
    await settled();
    expect(store.asked).toEqual(ids.slice(0, 1000).map((id) => `get ${id}`));
  });

  test('a touch that comes late, after a newer acknowledged write, does not bring the old data back', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt-late');
    await run({ kind: 'touch', id: ID });
    doneOf(await run(put({ n: 3 })));
    await store.applyLate();
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss store-lost');
  });

  test('what was read once is not followed by something older, though neither was acknowledged', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt-late', 'in-doubt-applied');
    await run(put({ n: 2 }));
    await run(put({ n: 3 }));
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":3}');
    await store.applyLate();
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss store-lost');
  });

  test('a session reset so can be begun anew by a client that keeps its id', async () => {
    const { run, store } = await setUpSession();
    store.failNext('set', 'in-doubt-late');
    await run(put({ n: 2 }));
    await run(put({ n: 3 }));
    await store.applyLate();
    expect((await run({ kind: 'keep', id: ID, content: json({ n: 4 }) })).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":4}');
  });

  const anyStep = fc.oneof(
    { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('put', 'keep', 'patch', 'touch'), fault: anyFault }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('destroy'), fault: anyFault }) },
    { weight: 3, arbitrary: fc.constantFrom({ act: 'get' } as const, { act: 'late' } as const) },
    { weight: 1, arbitrary: fc.constant({ act: 'evict' } as const) },
  );

  test.each([
    ['asked of the store each time', 0],
    ['kept at hand', 1],
  ])(
    'in any order of writes, destroys, faults, evictions and late writes, %s: what was told stays, or is reset',
    async (_, hotMegabytes) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
          const { run, store } = await setUpSession(hotMegabytes);
          /** The number of the last write that somebody was told of or has read. */
          let told = 1;
          let isDestroyed = false;
          for (const [at, step] of steps.entries()) {
            const n = at + 2;
            if (step.act === 'evict') await store.evict(ID);
            else if (step.act === 'late') await store.applyLate();
            else {
              if ('fault' in step && step.fault !== undefined) store.failNext('set', step.fault);
              const content = json({ n });
              const patch = Buffer.from(JSON.stringify({ n }));
              const reply = await run({ kind: step.act, id: ID, content, patch });
              store.forgetFaults();
              if (reply.kind === 'done') {
                expect(isDestroyed).toBe(false);
                if (step.act === 'put' || step.act === 'keep' || step.act === 'patch') told = n;
                if (reply.content !== undefined) {
                  const found = numberOf(reply.content.payload);
                  expect(found).toBeGreaterThanOrEqual(told);
                  told = found;
                }
              }
              isDestroyed ||= (step.act === 'destroy' && reply.kind === 'done') || /destroyed$/i.test(summary(reply));
            }
          }
        }),
        { seed: 71, numRuns: 1000 },
      );
    },
  );
});

function numberOf(payload: Buffer): number {
  return Number(/^\{"n":(\d+)\}$/.exec(payload.toString())?.[1]);
}
