import { describe, expect, test } from 'vitest';
import type { Reply } from '../../../src/session/reply.ts';
import type { Soon } from '../../../src/soon.ts';
import { settled } from '../../support/fake-clock.ts';
import { json, summary } from '../engine/engine-setup.ts';
import { a, b, d, watch } from '../membership/membership-setup.ts';
import { FENCE_MS, idOf, RoutingNode } from './node-setup.ts';

const ORPHAN = idOf(d);

/** A node that is not sure any more, and whose peers say nothing for now. */
function unsure(): RoutingNode {
  const node = new RoutingNode();
  node.whenAsked = () => undefined;
  node.clock.advance(FENCE_MS);
  return node;
}

function in250(node: RoutingNode): number {
  return node.clock.monotonic() + 250;
}

describe('the owner', () => {
  test('answers from its engine', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    expect(summary(await node.executor.own({ kind: 'get', id }, in250(node)))).toBe('done {"of":"a"}');
    expect(node.asks).toBe(0);
  });

  test('mints', async () => {
    const node = new RoutingNode();
    const reply = await node.executor.mint(json({ n: 1 }), 60, in250(node));
    expect(reply).toMatchObject({ kind: 'done', ttlSeconds: 60 });
  });

  test('begins nothing after the deadline', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const late = await node.executor.own({ kind: 'destroy', id }, node.clock.monotonic());
    expect(summary(late)).toBe('unavailable DEADLINE');
    expect(summary(await node.executor.own({ kind: 'get', id }, in250(node)))).toBe('done {"of":"a"}');
  });

  test('records no successor: it lives, so that the id leads to what stands there', async () => {
    const node = unsure();
    const succeed = { kind: 'succeed', id: idOf(a), successor: idOf(b) } as const;
    expect(summary(await node.executor.own(succeed, in250(node)))).toBe('unavailable OWNER_RETURNED');
    expect(node.store.asked).toEqual([]);
  });
});

describe('S1 never old: before it begins', () => {
  test('a node that is not sure asks its peers, and answers when one confirms it', async () => {
    const node = unsure();
    const id = await node.session();
    node.store.asked.length = 0;
    const got = watch(node.executor.own({ kind: 'get', id }, in250(node)));
    await settled();
    expect([node.asks, node.store.asked, got.outcome]).toEqual([1, [], undefined]);
    node.confirm();
    await settled();
    expect(got.outcome?.kind).toBe('done');
  });

  test('a node that nobody confirms before the deadline has surely done nothing', async () => {
    const node = unsure();
    const id = await node.session();
    node.store.asked.length = 0;
    const got = watch(node.executor.own({ kind: 'destroy', id }, in250(node)));
    await node.clock.advanceSettling(250);
    expect(got.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
    expect(node.store.asked).toEqual([]);
  });

  test('a node that joins does not even look, and one that leaves says that it closes', async () => {
    const joining = new RoutingNode();
    joining.tenure.lose('b considers this life dead');
    const waiting = watch(joining.executor.own({ kind: 'get', id: idOf(a) }, in250(joining)));
    await joining.clock.advanceSettling(250);
    expect(waiting.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
    expect(joining.store.asked).toEqual([]);

    const leaving = new RoutingNode();
    leaving.tenure.leave();
    const closed: Reply = { kind: 'unavailable', code: 'CLOSING' };
    expect(await leaving.executor.own({ kind: 'get', id: idOf(a) }, in250(leaving))).toEqual(closed);
    expect(await leaving.executor.mint(json({}), undefined, in250(leaving))).toEqual(closed);
    expect(leaving.store.asked).toEqual([]);
  });
});

describe('S1 never old: before the reply leaves', () => {
  /** Has something carried out that takes until after the fence. */
  async function overrun(node: RoutingNode, run: () => Soon<Reply>): Promise<{ outcome?: Reply }> {
    node.whenAsked = () => undefined;
    node.store.hold();
    const seen = watch(run());
    await settled();
    node.clock.advance(FENCE_MS);
    node.store.resume();
    await settled();
    return seen;
  }

  test('the node asks its peers once more where that took until after the fence, and then answers', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const got = await overrun(node, () => node.executor.own({ kind: 'get', id }, node.clock.monotonic() + 400));
    expect([node.asks, got.outcome]).toEqual([1, undefined]);
    node.confirm();
    await settled();
    expect(got.outcome?.kind).toBe('done');
  });

  test('S3 a write that nobody confirms in time is in doubt: it was done, and may not count', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const put = { kind: 'put', id, content: json({ n: 2 }) } as const;
    const got = await overrun(node, () => node.executor.own(put, node.clock.monotonic() + 400));
    expect(got.outcome).toBeUndefined();
    await node.clock.advanceSettling(150);
    expect(got.outcome).toEqual({ kind: 'in-doubt', code: 'JOINING' });
  });

  test('S3 a read, and a minting, that nobody confirms in time is unavailable: it leaves no trace', async () => {
    const reader = new RoutingNode();
    const id = await reader.session();
    const got = await overrun(reader, () => reader.executor.own({ kind: 'get', id }, reader.clock.monotonic() + 260));
    await reader.clock.advanceSettling(10);
    expect(got.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });

    const minter = new RoutingNode();
    const minted = await overrun(minter, () =>
      minter.executor.mint(json({}), undefined, minter.clock.monotonic() + 260),
    );
    await minter.clock.advanceSettling(10);
    expect(minted.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
  });

  test('a life that was lost meanwhile answers nothing any more', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    node.store.hold();
    const put = watch(node.executor.own({ kind: 'put', id, content: json({ n: 2 }) }, in250(node)));
    const get = watch(node.executor.own({ kind: 'get', id }, in250(node)));
    await settled();
    node.tenure.lose('b considers this life dead');
    node.store.resume();
    await node.clock.advanceSettling(250);
    expect(put.outcome).toEqual({ kind: 'in-doubt', code: 'JOINING' });
    expect(get.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
  });

  test('nor does the next life answer what the former one found, or begin what a peer meant for that one', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const life = node.tenure.incarnation;
    node.store.hold();
    const get = watch(node.executor.own({ kind: 'get', id }, in250(node)));
    await settled();
    node.tenure.lose('b considers this life dead');
    const put = watch(node.executor.own({ kind: 'put', id, content: json({ n: 2 }) }, in250(node), life));
    node.tenure.rejoin(life + 1, 'a peer remembers a later life');
    node.tenure.serve(node.clock.monotonic());
    node.store.resume();
    await settled();
    expect(get.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
    expect(put.outcome).toEqual({ kind: 'unavailable', code: 'STALE_INCARNATION' });
    expect(summary(await node.executor.own({ kind: 'get', id }, in250(node)))).toBe('done {"of":"a"}');
  });

  test('a node that leaves meanwhile cannot vouch for a write either', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    node.store.hold();
    const put = watch(node.executor.own({ kind: 'destroy', id }, in250(node)));
    await settled();
    node.tenure.leave();
    node.store.resume();
    await settled();
    expect(put.outcome).toEqual({ kind: 'in-doubt', code: 'CLOSING' });
  });
});

describe('the stand-in', () => {
  test('answers for an orphan, and has it on record', async () => {
    const node = new RoutingNode();
    node.estates.begin(d, true);
    const reply = await node.executor.standIn(d, { kind: 'get', id: ORPHAN }, in250(node), () => true);
    expect(summary(reply)).toBe('miss owner-dead');
    expect(node.estates.get(d)?.size).toBe(1);
    expect(node.estates.get(d)?.isComplete).toBe(true);
    expect(node.store.asked).toEqual([]);
  });

  test('O1: tells nobody of it before the death is on disk, and at its deadline that it cannot say', async () => {
    const node = new RoutingNode();
    node.estates.begin(d, true);
    node.settleLives = (deadlineAt = 0) =>
      new Promise((resolve) => node.clock.after(deadlineAt - node.clock.monotonic(), () => resolve(false)));
    const keep = { kind: 'keep', id: ORPHAN, content: json({ n: 1 }) } as const;
    const got = watch(node.executor.standIn(d, { kind: 'get', id: ORPHAN }, in250(node), () => true));
    const kept = watch(node.executor.standIn(d, keep, in250(node), () => true));
    await node.clock.advanceSettling(249);
    expect([got.outcome, kept.outcome]).toEqual([undefined, undefined]);
    await node.clock.advanceSettling(1);
    expect(got.outcome).toEqual({ kind: 'unavailable', code: 'DEADLINE' });
    expect(kept.outcome).toEqual({ kind: 'in-doubt', code: 'DEADLINE' });
  });

  test('S1 never old: an estate that was not open is one with gaps: another stood in, who is gone with it', async () => {
    const node = new RoutingNode();
    await node.executor.standIn(d, { kind: 'get', id: ORPHAN }, in250(node), () => true);
    expect(node.estates.get(d)?.isComplete).toBe(false);
  });

  test('S2 one home: adds nothing where the owner came back while it waited for the right to answer', async () => {
    const node = unsure();
    node.estates.begin(d, true);
    let isStillOurs = true;
    const got = watch(node.executor.standIn(d, { kind: 'get', id: ORPHAN }, in250(node), () => isStillOurs));
    await settled();
    isStillOurs = false;
    node.confirm();
    await settled();
    expect(got.outcome).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(node.estates.get(d)?.size).toBe(0);
  });

  test('needs the same right to answer as the owner', async () => {
    const node = unsure();
    node.estates.begin(d, true);
    const got = watch(node.executor.standIn(d, { kind: 'get', id: ORPHAN }, in250(node), () => true));
    await node.clock.advanceSettling(250);
    expect(got.outcome).toEqual({ kind: 'unavailable', code: 'JOINING' });
    expect(node.estates.get(d)?.size).toBe(0);
  });

  test('S3 what it kept while its own right was lost is in doubt', async () => {
    const node = new RoutingNode();
    const keep = { kind: 'keep', id: ORPHAN, content: json({ n: 1 }) } as const;
    const kept = watch(
      node.executor.standIn(d, keep, in250(node), () => {
        // Just as it begins.
        node.tenure.lose('b considers this life dead');
        return true;
      }),
    );
    await node.clock.advanceSettling(250);
    expect(kept.outcome).toEqual({ kind: 'in-doubt', code: 'JOINING' });
  });
});
