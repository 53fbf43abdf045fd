import { describe, expect, test } from 'vitest';
import { LinkDownError, LinkLostError } from '../../../src/errors.ts';
import type { Reply } from '../../../src/session/reply.ts';
import type { Soon } from '../../../src/soon.ts';
import { settled } from '../../support/fake-clock.ts';
import { json, summary } from '../engine/engine-setup.ts';
import { a, b, c, d, TIMINGS, watch } from '../membership/membership-setup.ts';
import { found, idOf, inTurn, LIFE, NOT_HERE, replying, RoutingNode, STALE } from './node-setup.ts';

const LOOK_AGAIN_MS = 25;
const MARGIN_MS = 15;
const TELLING_MS = 10;

const lost = (): LinkLostError => new LinkLostError('the link was lost');
const down = (): LinkDownError => new LinkDownError('no link');

/** What the hard cap leaves for the work itself, once a frozen owner was declared dead. */
const AFTER_A_VERDICT_MS = TIMINGS.hardCapMs - TIMINGS.deadAfterMs - TIMINGS.pingMs;

describe('an id of our own', () => {
  test('is answered here, and nobody else is asked', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    expect(summary(await node.router.dispatch({ kind: 'get', id }))).toBe('done {"of":"a"}');
    for (const letter of [b, c, d]) expect(node.to(letter).asked).toEqual([]);
  });

  test('is one whose letter is ours; any other has its owner too, and its place', () => {
    const { router, map } = new RoutingNode();
    expect([idOf(a), idOf(b), idOf(d)].map((id) => router.ownerOf(id))).toEqual([a, b, d]);
    expect(map.letters).toContain(router.ownerOf('Zforeign'));
    expect(router.placementOf(idOf(a))).toEqual({ kind: 'own' });
    expect(router.placementOf(idOf(b))).toEqual({ kind: 'peer', letter: b, incarnation: LIFE });
  });

  test('S6 begins nothing later than the verdict on a frozen owner allows for', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const latest = node.clock.monotonic() + AFTER_A_VERDICT_MS;
    expect(summary(await node.router.dispatch({ kind: 'get', id }, latest))).toBe('unavailable DEADLINE');
    expect(summary(await node.router.dispatch({ kind: 'get', id }, latest + 1))).toBe('done {"of":"a"}');
  });
});

describe('minting', () => {
  test('is done here, and counted', async () => {
    const node = new RoutingNode();
    const reply = await node.router.mint({ content: json({ n: 1 }), ttlSeconds: 60 });
    expect(reply).toMatchObject({ kind: 'done', ttlSeconds: 60 });
    expect(node.counted).toEqual(['minted']);
  });

  test('that fails is not counted, and one that comes too late is not begun', async () => {
    const node = new RoutingNode();
    node.store.failNext('add', 'unavailable');
    expect(summary(await node.router.mint({ content: json({}) }))).toBe('unavailable STORE_UNAVAILABLE');
    node.store.asked.length = 0;
    const late = node.router.mint({ content: json({}) }, node.clock.monotonic() + AFTER_A_VERDICT_MS);
    expect(summary(await late)).toBe('unavailable DEADLINE');
    expect(node.store.asked).toEqual([]);
    expect(node.counted).toEqual([]);
  });
});

describe('an id of a peer', () => {
  test('is answered by its owner, asked once, in the life that we know', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying(found(idOf(b)));
    const command = { kind: 'get', id: idOf(b) } as const;
    expect(await node.router.dispatch(command)).toEqual(found(idOf(b)));
    const budgetMs = TIMINGS.operationMs - MARGIN_MS;
    const execute = { kind: 'execute', route: 'owner', owner: b, incarnation: LIFE, budgetMs, command };
    expect(node.sentTo(b)).toEqual([execute]);
    expect([...node.to(c).asked, ...node.to(d).asked]).toEqual([]);
  });

  test('leaves its owner as much less time as passed before, and no more than the caller has', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying(found(idOf(b)));
    await node.router.dispatch({ kind: 'get', id: idOf(b) }, node.clock.monotonic() + 100);
    expect(node.sentTo(b)[0]?.budgetMs).toBe(100 - MARGIN_MS);
  });

  test('an explicit wait for a lock has a longer bound of its own', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    await node.router.dispatch({ kind: 'open', id: idOf(b), lock: { waitMs: 1000 } });
    expect(node.sentTo(b)[0]?.budgetMs).toBe(1000 + TIMINGS.operationMs - MARGIN_MS);
  });

  test('S3 a write that was lost on its way is in doubt, and is never sent again', async () => {
    const node = new RoutingNode();
    node.to(b).answer = inTurn(lost, replying(found(idOf(b))));
    const reply = node.dispatch({ kind: 'put', id: idOf(b), content: json({ n: 1 }) });
    await node.clock.advanceSettling(TIMINGS.hardCapMs);
    expect(reply.outcome).toEqual({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
    expect(node.sentTo(b)).toHaveLength(1);
  });

  test('a read that was lost on its way is asked again', async () => {
    const node = new RoutingNode();
    node.to(b).answer = inTurn(lost, replying(found(idOf(b))));
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await settled();
    expect(reply.outcome).toBeUndefined();
    await node.clock.advanceSettling(LOOK_AGAIN_MS);
    expect(reply.outcome).toEqual(found(idOf(b)));
    expect(node.sentTo(b)).toHaveLength(2);
  });

  test('a write that was surely not sent is tried again', async () => {
    const node = new RoutingNode();
    node.to(b).answer = inTurn(down, down, replying(found(idOf(b))));
    const reply = node.dispatch({ kind: 'touch', id: idOf(b) });
    await node.clock.advanceSettling(2 * LOOK_AGAIN_MS);
    expect(reply.outcome).toEqual(found(idOf(b)));
  });

  test('what was meant for a former life of its owner is asked again, in the life that we have learned of', async () => {
    const node = new RoutingNode();
    node.to(b).answer = inTurn(replying(STALE), replying(found(idOf(b))));
    const reply = node.dispatch({ kind: 'put', id: idOf(b), content: json({}) });
    await settled();
    node.become(b, { kind: 'alive', incarnation: LIFE + 1 });
    await settled();
    expect(reply.outcome).toEqual(found(idOf(b)));
    expect(node.sentTo(b).map(({ incarnation }) => incarnation)).toEqual([LIFE, LIFE + 1]);
  });

  test('an owner that is joining is asked again until it has joined', async () => {
    const node = new RoutingNode();
    const joining: Reply = { kind: 'unavailable', code: 'JOINING' };
    node.to(b).answer = inTurn(replying(joining), replying(joining), replying(found(idOf(b))));
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await node.clock.advanceSettling(2 * LOOK_AGAIN_MS);
    expect(reply.outcome).toEqual(found(idOf(b)));
  });

  test('S6 bounded: nobody is kept up to the hard cap, and is told that it was surely not done', async () => {
    const node = new RoutingNode();
    node.to(b).answer = down;
    const reply = node.dispatch({ kind: 'put', id: idOf(b), content: json({}) });
    await node.clock.advanceSettling(TIMINGS.hardCapMs - TELLING_MS - 1);
    expect(reply.outcome).toBeUndefined();
    await node.clock.advanceSettling(1);
    expect(reply.outcome).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(node.sentTo(b).length).toBeLessThanOrEqual(TIMINGS.hardCapMs / LOOK_AGAIN_MS);
    expect(node.clock.pending).toBe(0);
  });

  test('S6 bounded: an owner that does not answer a read costs its link twice at most, and the caller no more', async () => {
    const node = new RoutingNode();
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await node.clock.advanceSettling(TIMINGS.hardCapMs);
    expect(reply.outcome).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(node.to(b).asked.map(({ deadlineAt }) => deadlineAt - 10_000)).toEqual([
      TIMINGS.operationMs,
      TIMINGS.hardCapMs,
    ]);
  });

  test('what is only to be done while the owner is dead is refused by one that is back', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying({ kind: 'unavailable', code: 'OWNER_RETURNED' });
    const succeed = (owner: typeof a): Soon<Reply> =>
      node.router.dispatch({ kind: 'succeed', id: idOf(owner), successor: idOf(a) });
    expect(await succeed(b)).toEqual({ kind: 'unavailable', code: 'OWNER_RETURNED' });
    expect(await succeed(a)).toEqual({ kind: 'unavailable', code: 'OWNER_RETURNED' });
  });
});

describe('an owner in doubt', () => {
  test('one cut link changes nothing: a peer that reaches it passes the command on', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    node.to(c).answer = replying(found(idOf(b)));
    expect(await node.router.dispatch({ kind: 'get', id: idOf(b) })).toEqual(found(idOf(b)));
    expect(node.sentTo(c)).toMatchObject([{ route: 'relay', owner: b, incarnation: LIFE }]);
    expect([...node.to(b).asked, ...node.to(d).asked]).toEqual([]);
  });

  test('where one relay does not reach it either, the next is asked', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    node.to(c).answer = replying(NOT_HERE);
    node.to(d).answer = replying(found(idOf(b)));
    expect(await node.router.dispatch({ kind: 'destroy', id: idOf(b) })).toEqual(found(idOf(b)));
    expect([node.sentTo(c).length, node.sentTo(d).length]).toEqual([1, 1]);
  });

  test('only peers that are alive relay', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    node.suspect(c);
    node.kill(d);
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await node.clock.advanceSettling(100);
    expect(reply.outcome).toBeUndefined();
    for (const letter of [b, c, d]) expect(node.to(letter).asked).toEqual([]);
  });

  test('S3 a write that is lost at a relay is in doubt: no other relay gets it', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    node.to(c).answer = lost;
    node.to(d).answer = replying(found(idOf(b)));
    const reply = await node.router.dispatch({ kind: 'put', id: idOf(b), content: json({}) });
    expect(reply).toEqual({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
    expect(node.to(d).asked).toEqual([]);
  });

  test('that nobody reaches is waited for: alive again, it answers itself', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    for (const letter of [c, d]) node.to(letter).answer = replying(NOT_HERE);
    node.to(b).answer = replying(found(idOf(b)));
    const reply = node.dispatch({ kind: 'put', id: idOf(b), content: json({}) });
    await node.clock.advanceSettling(300);
    expect(reply.outcome).toBeUndefined();
    node.become(b, { kind: 'alive', incarnation: LIFE });
    await settled();
    expect(reply.outcome).toEqual(found(idOf(b)));
    expect(node.sentTo(b)).toMatchObject([{ route: 'owner' }]);
  });

  test('that nobody reaches is waited for: declared dead, its stand-in answers', async () => {
    const node = new RoutingNode();
    node.suspect(b);
    node.to(c).answer = inTurn(replying(NOT_HERE), replying({ kind: 'miss', reason: 'owner-dead' }));
    node.to(d).answer = replying(NOT_HERE);
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await settled();
    node.kill(b);
    await settled();
    expect(reply.outcome).toEqual({ kind: 'miss', reason: 'owner-dead' });
    expect(node.sentTo(c).map(({ route }) => route)).toEqual(['relay', 'stand-in']);
  });

  test('that was never met has no life that a relay could be told of: it is waited for', async () => {
    const node = new RoutingNode('abcd', false);
    node.become(c, { kind: 'alive', incarnation: LIFE });
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await node.clock.advanceSettling(100);
    expect([reply.outcome, node.to(c).asked]).toEqual([undefined, []]);
    node.to(b).answer = replying(found(idOf(b)));
    node.become(b, { kind: 'alive', incarnation: LIFE });
    await settled();
    expect(reply.outcome).toEqual(found(idOf(b)));
  });
});

describe('a dead owner', () => {
  test('has its orphans answered here, where we are the next in the map', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.estates.begin(d, true);
    expect(summary(await node.router.dispatch({ kind: 'get', id: idOf(d) }))).toBe('miss owner-dead');
    expect(node.estates.get(d)?.size).toBe(1);
    for (const letter of [b, c, d]) expect(node.to(letter).asked).toEqual([]);
  });

  test('has them answered by its stand-in, where that is another: told whose, and in which life it died', async () => {
    const node = new RoutingNode();
    node.kill(b);
    node.to(c).answer = replying({ kind: 'miss', reason: 'owner-dead' });
    expect(summary(await node.router.dispatch({ kind: 'get', id: idOf(b) }))).toBe('miss owner-dead');
    expect(node.sentTo(c)).toMatchObject([{ route: 'stand-in', owner: b, incarnation: LIFE }]);
    expect(node.to(d).asked).toEqual([]);
  });

  test('that left with a goodbye is no different', async () => {
    const node = new RoutingNode();
    node.become(d, { kind: 'left', incarnation: LIFE });
    expect(summary(await node.router.dispatch({ kind: 'get', id: idOf(d) }))).toBe('miss owner-dead');
  });

  test('whose stand-in does not agree is asked for again when something changes', async () => {
    const node = new RoutingNode();
    node.kill(b);
    node.to(c).answer = replying(NOT_HERE);
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await settled();
    expect(reply.outcome).toBeUndefined();
    node.to(d).answer = replying({ kind: 'miss', reason: 'owner-dead' });
    node.kill(c);
    await settled();
    expect(reply.outcome).toEqual({ kind: 'miss', reason: 'owner-dead' });
  });

  test('whose stand-in is in doubt has nobody to answer for it, until that is settled', async () => {
    const node = new RoutingNode();
    node.kill(b);
    node.suspect(c);
    const reply = node.dispatch({ kind: 'get', id: idOf(b) });
    await node.clock.advanceSettling(100);
    expect(reply.outcome).toBeUndefined();
    for (const letter of [b, c, d]) expect(node.to(letter).asked).toEqual([]);
    node.to(c).answer = replying({ kind: 'miss', reason: 'owner-dead' });
    node.become(c, { kind: 'alive', incarnation: LIFE });
    await settled();
    expect(reply.outcome).toEqual({ kind: 'miss', reason: 'owner-dead' });
  });

  test('S2 one home: that came back while we waited for the right to answer is asked itself', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.whenAsked = () => undefined;
    node.clock.advance(300);
    node.to(d).answer = replying(found(idOf(d)));
    const reply = node.dispatch({ kind: 'get', id: idOf(d) });
    await settled();
    node.become(d, { kind: 'alive', incarnation: LIFE + 1 });
    node.confirm();
    await node.clock.advanceSettling(LOOK_AGAIN_MS);
    expect(reply.outcome).toEqual(found(idOf(d)));
    expect(node.sentTo(d)).toMatchObject([{ route: 'owner', incarnation: LIFE + 1 }]);
  });
});

describe('an owner that comes back', () => {
  test('has its requests held while it takes its letter over, and answers them in its new life', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.become(d, { kind: 'returning', incarnation: LIFE + 1, former: { kind: 'dead', incarnation: LIFE } });
    node.to(d).answer = replying(found(idOf(d)));
    const reply = node.dispatch({ kind: 'put', id: idOf(d), content: json({}) });
    await node.clock.advanceSettling(200);
    expect([reply.outcome, node.to(d).asked]).toEqual([undefined, []]);
    node.members.apply(d, { kind: 'released', incarnation: LIFE + 1 }, 'it has joined');
    await settled();
    expect(reply.outcome).toEqual(found(idOf(d)));
    expect(node.sentTo(d)).toMatchObject([{ route: 'owner', incarnation: LIFE + 1 }]);
  });

  test('S6 bounded: that takes longer than the hard cap leaves them unanswered, surely not done', async () => {
    const node = new RoutingNode();
    node.become(d, { kind: 'returning', incarnation: LIFE + 1, former: { kind: 'alive', incarnation: LIFE } });
    const reply = node.dispatch({ kind: 'get', id: idOf(d) });
    await node.clock.advanceSettling(TIMINGS.hardCapMs);
    expect(reply.outcome).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
  });
});

describe('S9 explained: a session that is gone', () => {
  test('is counted by its reason and logged with a shortened id, whoever found it gone', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying({ kind: 'miss', reason: 'expired' });
    await node.router.dispatch({ kind: 'get', id: idOf(b) });
    await node.router.dispatch({ kind: 'get', id: idOf(a) });
    expect(node.counted.filter((line) => line.startsWith('resets'))).toEqual(['resets expired', 'resets unknown']);
    const gone = node.lines.filter(({ msg }) => msg === 'session is gone');
    expect(gone.map(({ id, reason }) => [id, reason])).toEqual([
      ['b0123…', 'expired'],
      ['a0123…', 'unknown'],
    ]);
    expect(JSON.stringify(node.lines)).not.toContain(idOf(b));
  });

  test('is not counted where it was found, refused or not to be had', async () => {
    const node = new RoutingNode();
    const replies: Reply[] = [found(idOf(b)), { kind: 'refused', code: 'DESTROYED' }, { kind: 'moved', to: idOf(c) }];
    for (const reply of replies) {
      node.to(b).answer = replying(reply);
      await node.router.dispatch({ kind: 'open', id: idOf(b) });
    }
    expect(node.counted.filter((line) => line.startsWith('resets'))).toEqual([]);
  });
});

describe('opening', () => {
  test('finds a session, wherever it is', async () => {
    const node = new RoutingNode();
    node.to(b).answer = replying(found(idOf(b)));
    expect(await node.router.open({ id: idOf(b) })).toMatchObject({ kind: 'opened', state: 'found', owner: b });
  });

  test('without an id mints one here', async () => {
    const node = new RoutingNode();
    expect(await node.router.open({})).toMatchObject({ kind: 'opened', state: 'minted', owner: a });
    expect(node.counted).toEqual(['minted']);
  });

  test('counts an id that is none, which nobody was asked for', async () => {
    const node = new RoutingNode();
    const reply = await node.router.open({ id: 'b\u0000' });
    expect(reply).toMatchObject({ state: 'regenerated', reason: 'malformed', owner: a });
    expect(node.counted).toEqual(['minted', 'resets malformed']);
    expect(node.to(b).asked).toEqual([]);
  });

  test('two who open one orphan at the same time get one session', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.estates.begin(d, true);
    const [one, other] = await Promise.all([node.router.open({ id: idOf(d) }), node.router.open({ id: idOf(d) })]);
    expect(one).toMatchObject({ state: 'regenerated', reason: 'owner-dead', previous: idOf(d), owner: a });
    expect(other).toEqual(one);
    expect(node.counted.filter((line) => line === 'minted')).toHaveLength(1);
  });

  /** The stand-in says that this is an orphan, at its second asking and after so long, and then says no more. */
  function slowOrphan(node: RoutingNode, afterMs: number): void {
    const isOrphan = replying({ kind: 'miss', reason: 'owner-dead' });
    node.kill(b);
    node.to(c).answer = inTurn(
      () => 'silence',
      (request) => new Promise((resolve) => node.clock.after(afterMs, () => resolve(isOrphan(request)))),
      () => 'silence',
    );
  }

  test('S6 bounded: all its steps together have one hard cap', async () => {
    const node = new RoutingNode();
    slowOrphan(node, 15);
    const opened = watch(Promise.resolve(node.router.open({ id: idOf(b) })));
    await node.clock.advanceSettling(TIMINGS.hardCapMs - 1);
    expect(node.sentTo(c).map(({ command }) => command.kind)).toEqual(['open', 'open', 'succeed']);
    expect(opened.outcome).toBeUndefined();
    await node.clock.advanceSettling(1);
    expect(opened.outcome).toEqual({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
  });

  test('S6 bounded: mints nothing that it could not hand out before the cap', async () => {
    const node = new RoutingNode();
    slowOrphan(node, TIMINGS.hardCapMs - TIMINGS.operationMs - AFTER_A_VERDICT_MS + 10);
    const opened = watch(Promise.resolve(node.router.open({ id: idOf(b) })));
    await node.clock.advanceSettling(TIMINGS.hardCapMs);
    expect(opened.outcome).toEqual({ kind: 'unavailable', code: 'DEADLINE' });
    expect(node.store.asked).toEqual([]);
  });
});
