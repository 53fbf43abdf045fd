import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { LocalExecutor } from '../../../src/routing/local-executor.ts';
import { open, SingleFlight, type OpenRouter } from '../../../src/routing/open.ts';
import type { Placement } from '../../../src/routing/placement.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Estates } from '../../../src/standin/estates.ts';
import type { Act, Outcome } from '../../support/sim/history.ts';
import type { SimMesh } from '../../support/sim/sim-mesh.ts';
import { letterOf, mapOf } from '../session/letters.ts';
import { KEPT } from './membership-setup.ts';
import { ask, everywhere, mintAt, start } from './sim-setup.ts';

const [A, B, C, D, E] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d'), letterOf('e')];

/** Has a command carried out as a door of this node would. */
async function dispatch(there: SimMesh, node: Letter, command: SessionCommand): Promise<Reply> {
  const told = await there.answerOf(Promise.resolve(there.nodeOf(node)?.router.dispatch(command)));
  return told ?? { kind: 'unavailable', code: 'CLOSING' };
}

/** What every node that runs says of a session. */
async function toldOf(there: SimMesh, id: string): Promise<string[]> {
  const told: string[] = [];
  for (const node of there.letters.filter((one) => there.nodeOf(one) !== undefined)) {
    told.push((await ask(there, node, { kind: 'get', id })).kind);
  }
  return told;
}

describe('a death and a return', () => {
  test('an orphan that nobody touched is there again when its owner returns, and one that was told gone is not', async () => {
    const there = await start(3);
    const [touched, untouched] = [await mintAt(there, B), await mintAt(there, B)];
    there.kill(B);
    await there.runFor(100);
    expect(await ask(there, A, { kind: 'get', id: touched })).toEqual({ kind: 'miss', reason: 'owner-dead' });
    there.startNode(B, true);
    expect(await there.converges(3000)).toBe(true);
    expect(await toldOf(there, touched)).toEqual(everywhere(there, 'miss'));
    expect(await toldOf(there, untouched)).toEqual(everywhere(there, 'read'));
  });

  test('a restart that is quicker than any verdict costs nothing', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.kill(B);
    there.startNode(B, true);
    expect(await there.converges(3000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
  });

  test('a restart on purpose costs nothing, and its requests wait for it', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.close(B, 'restart');
    await there.runFor(1000);
    expect(await ask(there, A, { kind: 'get', id })).toMatchObject({ kind: 'unavailable' });
    there.startNode(B, true);
    expect(await there.converges(3000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
  });

  test('a farewell makes orphans at once', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.close(B, 'stop');
    await there.runFor(20);
    expect(await ask(there, A, { kind: 'open', id })).toMatchObject({ state: 'regenerated', reason: 'left' });
    there.startNode(B, false);
    expect(await there.converges(3000)).toBe(true);
  });

  test('its clients’ locks are free again as soon as it is dead, at owners and at stand-ins', async () => {
    const there = await start(4);
    const lockThrough = (node: Letter, id: string): Promise<Reply> =>
      dispatch(there, node, { kind: 'lock', id, waitMs: 0, holdMs: 60_000, holder: node });
    const [own, orphan] = [await mintAt(there, A), await mintAt(there, D)];
    there.kill(D);
    await there.runFor(100);
    for (const id of [own, orphan]) {
      expect(await lockThrough(C, id)).toMatchObject({ kind: 'answered', answer: { kind: 'stored' } });
      expect(await lockThrough(B, id)).toEqual({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    }
    there.kill(C);
    await there.runFor(100);
    for (const id of [own, orphan]) {
      expect(await lockThrough(B, id)).toMatchObject({ kind: 'answered', answer: { kind: 'stored' } });
    }
  });

  test('all who open an orphan get one successor, and still do when its owner has returned', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.kill(B);
    await there.runFor(100);
    const opening = Promise.all([A, C, A, C, A, C].map((node) => there.visitors.do(node, { kind: 'open', id })));
    await there.runFor(50);
    const successors = (await opening).map((outcome) => (outcome.kind === 'opened' ? outcome.id : outcome.kind));
    expect(new Set(successors).size).toBe(1);
    there.startNode(B, true);
    expect(await there.converges(3000)).toBe(true);
    expect(await ask(there, B, { kind: 'open', id })).toMatchObject({ state: 'regenerated', id: successors[0] });
  });

  test('a stand-in that restarted knows that it did something, and the owner drops all it had', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.kill(B);
    await there.runFor(100);
    await ask(there, C, { kind: 'get', id });
    there.kill(C);
    there.kill(A);
    for (const node of there.letters) there.startNode(node, true);
    expect(await there.converges(8000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  test('a stand-in that restarted still knows that it did something when it takes over what others know of it', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const there = await start(4, { seed });
      const id = await mintAt(there, C);
      there.kill(C);
      await there.runFor(100);
      expect(await ask(there, D, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      // The others have it on record that d may have acted; both c and d wait for a, and then come back at the same time.
      there.close(A, 'restart');
      there.kill(D);
      await there.runFor(600);
      there.startNode(C, true);
      there.startNode(D, true);
      await there.runFor(600);
      there.startNode(A, true);
      expect(await there.converges(8000)).toBe(true);
      expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
      there.dispose();
    }
  });

  test('after an outage of all nodes the sessions are there again, when all of them are', async () => {
    const there = await start(3);
    const ids = [await mintAt(there, A), await mintAt(there, B), await mintAt(there, C)];
    for (const node of there.letters) there.kill(node);
    await there.runFor(500);
    for (const node of there.letters) there.startNode(node, true);
    expect(await there.converges(8000)).toBe(true);
    for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
  });

  test.each([
    { order: [A, B, C], gapMs: 20 },
    { order: [A, B, C], gapMs: 60 },
    { order: [C, A, B], gapMs: 100 },
    { order: [B, C, A], gapMs: 150 },
    { order: [C, B, A], gapMs: 600 },
  ])('also when they come back one by one, $gapMs ms apart, in the order $order', async ({ order, gapMs }) => {
    const there = await start(3);
    const ids = [await mintAt(there, A), await mintAt(there, B), await mintAt(there, C)];
    for (const node of there.letters) there.kill(node);
    await there.runFor(500);
    for (const node of order) {
      there.startNode(node, true);
      await there.runFor(gapMs);
    }
    expect(await there.converges(8000)).toBe(true);
    for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
  });

  test('after an outage of all nodes, one that may have acted last and does not return costs the others what they had', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.kill(A);
    there.kill(B);
    await there.runFor(100);
    expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
    there.kill(C);
    for (const node of [A, B]) there.startNode(node, true);
    await there.runFor(4000);
    expect(there.node(B).tenure.phase).toBe('joining');
    await there.runFor(4000);
    expect(there.node(B).tenure.phase).toBe('serving');
    expect(await toldOf(there, id)).toEqual(['miss', 'miss']);
  });

  // The gap is there for certain when it asks once more: between the two, only the peer knows of it.
  test.each([1, 2, 3, 4, 5, 6])(
    'a ledger that overflows while the owner takes it over costs the owner what it had: seed %i',
    async (seed) => {
      const there = await start(3, { seed, limits: { ledgerEntries: 2 } });
      const [first, ...others] = [await mintAt(there, B), await mintAt(there, B), await mintAt(there, B)];
      there.kill(B);
      await there.runFor(100);
      expect(await ask(there, A, { kind: 'get', id: first })).toMatchObject({ kind: 'miss' });
      // It takes over what is on record, and that takes its store a while.
      there.slowStore(B, 40);
      there.startNode(B, true);
      const isTakingOver = (): boolean => there.nodeOf(B)?.store.isBusy === true;
      expect(await there.world.runUntilTrue(isTakingOver, 1000, 0.5)).toBe(true);
      for (const id of others) expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
      there.slowStore(B, 0);
      expect(await there.converges(5000)).toBe(true);
      for (const id of [first, ...others]) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
    },
  );

  test('two nodes that come back at the same moment see each other alive', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const there = await start(3, { seed });
      there.kill(B);
      there.kill(C);
      await there.runFor(300);
      there.startNode(B, true);
      there.startNode(C, true);
      expect(await there.converges(3000)).toBe(true);
      there.dispose();
    }
  });

  test('a ledger that was too small for what happened costs the owner what it had', async () => {
    const there = await start(3, { limits: { ledgerEntries: 1 } });
    const ids = [await mintAt(there, B), await mintAt(there, B), await mintAt(there, B)];
    there.kill(B);
    await there.runFor(100);
    for (const id of ids.slice(0, 2)) await ask(there, A, { kind: 'get', id });
    there.startNode(B, true);
    expect(await there.converges(3000)).toBe(true);
    for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });
});

describe('a store that stalls', () => {
  test.each([1, 2, 3, 4])(
    'carries out what was given up before what comes later, or never, with seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const id = await mintAt(there, A, 1);
      there.stallStore(A, 250);
      expect(await ask(there, A, { kind: 'touch', id })).toMatchObject({ kind: 'in-doubt' });
      let write = 1;
      for (let kind = 'in-doubt'; kind !== 'written';) {
        write += 1;
        ({ kind } = await ask(there, A, { kind: 'put', id, lineage: 'visitor', write }));
      }
      await there.runFor(250);
      // The daemon has not looked yet what became of the touch, and the next one does not know of it.
      there.close(A, 'restart');
      await there.runFor(300);
      there.startNode(A, true);
      expect(await there.converges(8000)).toBe(true);
      expect(await ask(there, B, { kind: 'get', id })).toMatchObject({ payload: { write } });
    },
  );
});

describe('a node that was stopped', () => {
  test('for a moment goes on as if nothing had been', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.freeze(B);
    await there.runFor(200);
    there.resume(B);
    expect(await there.converges(1000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
    expect(there.tally.get('tenure lost')).toBeUndefined();
  });

  test('answers nothing that piled up meanwhile with what it had: it asks first', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.freeze(B);
    const piledUp = there.visitors.do(B, { kind: 'get', id });
    await there.runFor(700);
    expect(await ask(there, A, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
    there.resume(B);
    await there.runFor(600);
    expect((await piledUp).kind).not.toBe('read');
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  // Whether it comes to its timers or to its input first when it goes on is the seed's to say.
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'tells nothing that it had found before, nor that it has done what was reset meanwhile (rule 3): seed %i',
    async (seed) => {
      const there = await start(3, { seed });
      const [read, written] = [await mintAt(there, B), await mintAt(there, B)];
      const stopsAmid = async (act: Act): Promise<Outcome> => {
        // Its Memcached's answer is on the way when it is stopped.
        there.slowStore(B, 10);
        const told = there.visitors.do(B, act);
        await there.runFor(1);
        there.freeze(B);
        await there.runFor(600);
        if (!('id' in act)) throw new TypeError('nobody can ask for it elsewhere');
        expect(await ask(there, A, { kind: 'get', id: act.id })).toMatchObject({ kind: 'miss' });
        there.resume(B);
        there.slowStore(B, 0);
        await there.runFor(600);
        expect(await there.converges(3000)).toBe(true);
        return told;
      };
      expect((await stopsAmid({ kind: 'get', id: read })).kind).not.toBe('read');
      const write: Act = { kind: 'put', id: written, lineage: 'visitor', write: 2 };
      expect((await stopsAmid(write)).kind).not.toBe('written');
    },
  );

  test('is confirmed by nobody who was stopped as well', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.freeze(B);
    there.freeze(C);
    await there.runFor(1000);
    expect(await ask(there, A, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
    // The way to the one that knows is the slowest: the two hear each other first.
    there.cut(A, B);
    there.cut(A, C);
    there.resume(B);
    there.resume(C);
    const [fromB, fromC] = [await ask(there, B, { kind: 'get', id }), await ask(there, C, { kind: 'get', id })];
    expect([fromB.kind, fromC.kind]).not.toContain('read');
    there.heal(A, B);
    there.heal(A, C);
    expect(await there.converges(5000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  test('along with all others goes on with all its sessions: nobody can have judged anybody', async () => {
    const there = await start(3);
    const ids = [await mintAt(there, A), await mintAt(there, B), await mintAt(there, C)];
    for (const node of there.letters) there.freeze(node);
    await there.runFor(5000);
    for (const node of there.letters) there.resume(node);
    expect(await there.converges(2000)).toBe(true);
    for (const id of ids) expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
    expect(there.tally.get('tenure lost')).toBeUndefined();
  });

  test('is confirmed by nobody who only started while it was stopped: whoever judged it may be dead', async () => {
    const there = await start(3);
    const id = await mintAt(there, A);
    there.freeze(A);
    there.kill(B);
    await there.runFor(700);
    expect(await ask(there, C, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
    there.kill(C);
    there.startNode(B, false);
    there.startNode(C, false);
    there.resume(A);
    expect(await there.converges(8000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });

  test('is confirmed by nobody who came back in its absence, while the one that judged it is still gone', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.kill(C);
    await there.runFor(100);
    there.freeze(B);
    await there.runFor(700);
    expect(await ask(there, A, { kind: 'get', id })).toMatchObject({ kind: 'miss' });
    there.kill(A, { isDark: true });
    there.startNode(C, false);
    there.resume(B);
    await there.runFor(1500);
    expect(await toldOf(there, id)).not.toContain('read');
    there.startNode(A, true);
    expect(await there.converges(8000)).toBe(true);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'miss'));
  });
});

describe('standing in', () => {
  test('what was kept in the name of a former life is not answered in the name of a later one', async () => {
    const there = await start(3);
    const key = 'c-kept-1';
    there.kill(C);
    await there.runFor(100);
    expect(await ask(there, A, { kind: 'keep', id: key, lineage: key, write: 1 })).toMatchObject({ kind: 'written' });
    there.freeze(A);
    await there.runFor(700);
    // It comes back without a, whose account of what it kept is lost for it once it has waited for a in vain.
    there.startNode(C, true);
    await there.runFor(3500);
    expect(await ask(there, C, { kind: 'get', id: key })).toMatchObject({ kind: 'miss' });
    there.freeze(C);
    await there.runFor(700);
    there.resume(A);
    await there.runFor(500);
    expect(await ask(there, A, { kind: 'get', id: key })).toMatchObject({ kind: 'miss' });
  });

  test('what a stand-in kept that was considered dead itself is not handed over beside what the next one kept', async () => {
    const there = await start(5);
    const key = 'b-kept-1';
    there.kill(B);
    there.kill(C);
    await there.runFor(100);
    expect(await ask(there, D, { kind: 'keep', id: key, lineage: key, write: 1 })).toMatchObject({ kind: 'written' });
    there.freeze(D);
    await there.runFor(700);
    there.startNode(C, true);
    await there.runFor(3500);
    expect(await ask(there, C, { kind: 'keep', id: key, lineage: key, write: 2 })).toMatchObject({ kind: 'written' });
    there.resume(D);
    await there.runFor(500);
    there.startNode(B, true);
    expect(await there.converges(8000)).toBe(true);
    const told = await ask(there, B, { kind: 'get', id: key });
    expect(told.kind === 'read' ? told.payload.write : told.kind).not.toBe(1);
  });
});

describe('an owner that returns while it is stood in for', () => {
  test('is not stood in for any more by a request that waited for the right to answer', async () => {
    let isSure = false;
    let grant: (isGranted: boolean) => void = () => undefined;
    const opened: Letter[] = [];
    const estates = new Estates(
      (owner) => {
        opened.push(owner);
        throw new TypeError('nothing may be done on its behalf any more');
      },
      () => 1,
    );
    const engine: Pick<Engine, 'execute' | 'mint'> = {
      execute: () => Promise.reject(new TypeError('the owner is another node')),
      mint: () => Promise.reject(new TypeError('nobody mints')),
    };
    const tenure = {
      incarnation: 1,
      phase: 'serving' as const,
      isSure: () => isSure,
      maySoonAnswer: () => new Promise<boolean>((resolve) => (grant = resolve)),
    };
    const executor = new LocalExecutor({ engine: engine as Engine, estates, tenure, livesFile: KEPT });
    let isStillOurs = true;
    const reply = executor.standIn(B, { kind: 'get', id: 'b-1' }, Infinity, () => isStillOurs);
    isStillOurs = false;
    isSure = true;
    grant(true);
    expect(await reply).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(opened).toEqual([]);
  });

  test('is asked itself, where its stand-in has said that an orphan is gone and noted nothing', async () => {
    const id = `b${'1'.repeat(26)}`;
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };
    const placements: Placement[] = [
      { kind: 'suspect', letter: B, incarnation: 1 },
      { kind: 'unplaceable', owner: B },
    ];
    const replies: Reply[] = [
      { kind: 'miss', reason: 'owner-dead' },
      { kind: 'done', id, version: 7, ttlSeconds: 60, content },
    ];
    const router: OpenRouter = {
      mint: () => Promise.resolve({ kind: 'done', id: `a${'2'.repeat(26)}`, version: 1, ttlSeconds: 60 }),
      dispatch: () => Promise.resolve(replies.shift() ?? { kind: 'unavailable', code: 'DEADLINE' }),
      ownerOf: () => B,
      giveBack: () => undefined,
      placementOf: () => placements.shift() ?? { kind: 'peer', letter: B, incarnation: 2 },
    };
    expect(await open({ id }, router, mapOf('abc'), new SingleFlight())).toMatchObject({
      state: 'found',
      id,
      version: 7,
    });
  });
});

describe('a peer that hangs', () => {
  test('S6: it gets as many commands as a link may have in flight; the others wait for half their time, and no other peer’s wait', async () => {
    const there = await start(3, { limits: { inFlightPerLink: 2 } });
    const [ofB, ofC] = [await mintAt(there, B), await mintAt(there, C)];
    there.freeze(B);
    const frozenAt = there.world.now;
    const hanging = Array.from({ length: 6 }, () => there.visitors.do(A, { kind: 'touch', id: ofB }));
    await there.runFor(10);
    const askedAt = there.world.now;
    expect(await ask(there, A, { kind: 'get', id: ofC })).toMatchObject({ kind: 'read' });
    expect(there.world.now - askedAt).toBeLessThan(20);
    // Later than half their time, and before a ping's deadline ends the link.
    await there.runFor(frozenAt + 135 - there.world.now);
    there.resume(B);
    await there.runFor(500);
    const told = (await Promise.all(hanging)).map((outcome) => ('code' in outcome ? outcome.code : outcome.kind));
    expect(told.filter((one) => one === 'written')).toHaveLength(2);
    expect(told.filter((one) => one === 'PEER_BACKPRESSURE')).toHaveLength(4);
    expect(await toldOf(there, ofB)).toEqual(everywhere(there, 'read'));
  });
});

describe('cut links', () => {
  test('one changes nothing: the third node relays, and nobody is declared dead', async () => {
    const there = await start(3);
    const id = await mintAt(there, B);
    there.cut(A, B);
    there.cut(B, A);
    await there.runFor(3000);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
    expect(there.tally.get('member suspect -> dead')).toBeUndefined();
  });

  test('in one direction changes nothing either', async () => {
    const there = await start(3);
    const [ofA, ofB] = [await mintAt(there, A), await mintAt(there, B)];
    there.cut(A, B);
    await there.runFor(3000);
    expect(await toldOf(there, ofA)).toEqual(everywhere(there, 'read'));
    expect(await toldOf(there, ofB)).toEqual(everywhere(there, 'read'));
    expect(there.tally.get('member suspect -> dead')).toBeUndefined();
  });

  test('two, and two nodes that have lost the way to a third, do not talk each other into its death', async () => {
    const there = await start(5);
    const id = await mintAt(there, E);
    there.cut(E, B);
    await there.runFor(300);
    there.cut(E, C);
    there.cut(C, E);
    await there.runFor(4000);
    expect(await toldOf(there, id)).toEqual(everywhere(there, 'read'));
    expect(there.tally.get('tenure lost')).toBeUndefined();
    expect(there.tally.get('member suspect -> dead')).toBeUndefined();
  });
});
