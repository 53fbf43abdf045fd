import { describe, expect, test } from 'vitest';
import { LinkDownError, LinkLostError } from '../../../src/errors.ts';
import type { PeerAnswer } from '../../../src/mesh/message.ts';
import type { Content, SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { settled } from '../../support/fake-clock.ts';
import { json } from '../engine/engine-setup.ts';
import { a, b, c, d, helloOf, TIMINGS, watch } from '../membership/membership-setup.ts';
import { letterOf } from '../session/letters.ts';
import {
  FENCE_MS,
  found,
  idOf,
  LIFE,
  NOT_HERE,
  OUR_LIFE,
  replying,
  RoutingNode,
  STALE,
  type Execute,
} from './node-setup.ts';

const BUDGET_MS = 235;
const MARGIN_MS = 15;

const UNMAPPED = letterOf('z');

/** A request of node b's. */
function asks(node: RoutingNode, request: Partial<Execute> & { command: SessionCommand }): Promise<PeerAnswer> {
  const usual = { kind: 'execute', route: 'owner', owner: a, incarnation: OUR_LIFE, budgetMs: BUDGET_MS } as const;
  return Promise.resolve(node.desk.answer(helloOf(b, LIFE), { ...usual, ...request }));
}

function read(owner: Letter): SessionCommand {
  return { kind: 'get', id: idOf(owner) };
}

function write(owner: Letter): SessionCommand {
  return { kind: 'put', id: idOf(owner), content: json({ n: 1 }) };
}

function nothingSent(node: RoutingNode): boolean {
  return node.members.letters.every((letter) => node.to(letter).asked.length === 0);
}

describe('whatever a peer asks', () => {
  test('about lives is answered by the witness', async () => {
    const node = new RoutingNode();
    const pong = await node.desk.answer(helloOf(b, LIFE), { kind: 'ping', incarnation: LIFE });
    expect(pong).toMatchObject({ kind: 'pong', incarnation: OUR_LIFE, phase: 'serving' });
    expect(node.counted).toEqual([]);
  });

  test('to be done is answered with the id, and with our life; it is counted, and is a sign of life', async () => {
    const node = new RoutingNode();
    const id = await node.session();
    const answer = await asks(node, { command: { kind: 'get', id } });
    expect(answer).toMatchObject({ kind: 'reply', id, executorIncarnation: OUR_LIFE, reply: { kind: 'done', id } });
    expect(node.counted).toEqual(['requests mesh get done']);
    expect(node.heard).toEqual([`b ${LIFE}`]);
  });

  test('is given as long as the sender has, counted from when it arrives', async () => {
    const node = new RoutingNode();
    node.whenAsked = () => undefined;
    node.clock.advance(FENCE_MS);
    const answer = watch(asks(node, { command: read(a), budgetMs: 100 }));
    await node.clock.advanceSettling(99);
    expect(answer.outcome).toBeUndefined();
    await node.clock.advanceSettling(1);
    expect(answer.outcome).toMatchObject({ reply: { kind: 'unavailable', code: 'JOINING' } });
  });
});

describe('asked as the owner', () => {
  test.each([OUR_LIFE - 1, OUR_LIFE + 1])('in the life %i, which is not ours, it does nothing', async (incarnation) => {
    const node = new RoutingNode();
    const answer = await asks(node, { command: write(a), incarnation });
    expect(answer).toMatchObject({ executorIncarnation: OUR_LIFE, reply: STALE });
    expect(node.store.asked).toEqual([]);
  });

  test('of a letter that is not ours, it neither does anything nor asks anybody', async () => {
    const node = new RoutingNode();
    const answer = await asks(node, { command: write(c), owner: c, incarnation: LIFE });
    expect(answer).toMatchObject({ reply: NOT_HERE });
    expect(node.store.asked).toEqual([]);
    expect(nothingSent(node)).toBe(true);
  });

  test('records no successor: it is back', async () => {
    const node = new RoutingNode();
    const answer = await asks(node, { command: { kind: 'succeed', id: idOf(a), successor: idOf(b) } });
    expect(answer).toMatchObject({ reply: { kind: 'unavailable', code: 'OWNER_RETURNED' } });
  });
});

describe('asked to relay', () => {
  const relay = (node: RoutingNode, command: SessionCommand, owner = c): Promise<PeerAnswer> =>
    asks(node, { route: 'relay', owner, incarnation: LIFE, command });

  test('passes the command on to the owner, as to an owner, in the life that the sender means', async () => {
    const node = new RoutingNode();
    node.to(c).answer = replying(found(idOf(c)));
    const answer = await asks(node, { route: 'relay', owner: c, incarnation: 77, command: read(c) });
    expect(answer).toMatchObject({ reply: found(idOf(c)) });
    const budgetMs = BUDGET_MS - MARGIN_MS;
    const passedOn = { kind: 'execute', route: 'owner', owner: c, incarnation: 77, budgetMs, command: read(c) };
    expect(node.sentTo(c)).toEqual([passedOn]);
    expect(node.to(d).asked).toEqual([]);
  });

  test('does nothing where its own link to the owner does not stand', async () => {
    const node = new RoutingNode();
    node.to(c).goDown();
    expect(await relay(node, write(c))).toMatchObject({ reply: NOT_HERE });
    expect(nothingSent(node)).toBe(true);
  });

  test('does nothing where that link has been silent for more than two pings', async () => {
    const node = new RoutingNode();
    node.to(c).answer = replying(found(idOf(c)));
    node.silences.set(c, { pathMs: 2 * TIMINGS.pingMs + 1, lifeMs: 0 });
    expect(await relay(node, write(c))).toMatchObject({ reply: NOT_HERE });
    expect(nothingSent(node)).toBe(true);
    node.silences.set(c, { pathMs: 2 * TIMINGS.pingMs, lifeMs: 0 });
    expect(await relay(node, write(c))).toMatchObject({ reply: found(idOf(c)) });
  });

  test('does nothing for its own letter, nor for one that the map does not have', async () => {
    const node = new RoutingNode();
    expect(await relay(node, read(a), a)).toMatchObject({ reply: NOT_HERE });
    expect(await relay(node, read(c), UNMAPPED)).toMatchObject({ reply: NOT_HERE });
    expect(nothingSent(node)).toBe(true);
    expect(node.store.asked).toEqual([]);
  });

  test('S3 a write that is lost on the second leg is in doubt; one that was surely not done can go elsewhere', async () => {
    const node = new RoutingNode();
    node.to(c).answer = () => new LinkLostError('the link was lost');
    expect(await relay(node, write(c))).toMatchObject({ reply: { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' } });
    expect(await relay(node, read(c))).toMatchObject({ reply: NOT_HERE });
    node.to(c).answer = () => new LinkDownError('no link');
    expect(await relay(node, write(c))).toMatchObject({ reply: NOT_HERE });
    node.to(c).answer = replying(STALE);
    expect(await relay(node, write(c))).toMatchObject({ reply: NOT_HERE });
  });

  test('never asks a second time, and never anybody else', async () => {
    const node = new RoutingNode();
    node.to(c).answer = replying(NOT_HERE);
    await relay(node, read(c));
    expect(node.sentTo(c)).toHaveLength(1);
    expect([...node.to(b).asked, ...node.to(d).asked]).toEqual([]);
  });
});

describe('asked to stand in', () => {
  const standIn = (node: RoutingNode, command: SessionCommand, owner = d): Promise<PeerAnswer> =>
    asks(node, { route: 'stand-in', owner, incarnation: LIFE, command });

  test('answers for the orphan where it is the next in the map', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.estates.begin(d, true);
    expect(await standIn(node, read(d))).toMatchObject({ reply: { kind: 'miss', reason: 'owner-dead' } });
    expect(node.estates.get(d)?.size).toBe(1);
    expect(nothingSent(node)).toBe(true);
  });

  test('does nothing where another one is, and does not pass it on to that one', async () => {
    const node = new RoutingNode();
    node.kill(b);
    expect(await standIn(node, read(b), b)).toMatchObject({ reply: NOT_HERE });
    expect(node.estates.get(b)).toBeUndefined();
    expect(nothingSent(node)).toBe(true);
  });

  test('for one that it sees alive, it relays instead, in the life that it knows', async () => {
    const node = new RoutingNode();
    node.become(d, { kind: 'alive', incarnation: LIFE + 1 });
    node.to(d).answer = replying(found(idOf(d)));
    expect(await standIn(node, write(d))).toMatchObject({ reply: found(idOf(d)) });
    expect(node.sentTo(d)).toMatchObject([{ route: 'owner', owner: d, incarnation: LIFE + 1 }]);
    expect(node.estates.get(d)).toBeUndefined();
  });

  test('for one in doubt, it waits for the verdict, and then stands in', async () => {
    const node = new RoutingNode();
    node.suspect(d);
    const answer = watch(standIn(node, read(d)));
    await node.clock.advanceSettling(100);
    expect(answer.outcome).toBeUndefined();
    node.kill(d);
    await settled();
    expect(answer.outcome).toMatchObject({ reply: { kind: 'miss', reason: 'owner-dead' } });
  });

  test('for one in doubt that is alive again, it relays', async () => {
    const node = new RoutingNode();
    node.suspect(d);
    node.to(d).answer = replying(found(idOf(d)));
    const answer = watch(standIn(node, write(d)));
    await node.clock.advanceSettling(100);
    node.become(d, { kind: 'alive', incarnation: LIFE });
    await settled();
    expect(answer.outcome).toMatchObject({ reply: found(idOf(d)) });
    expect(node.sentTo(d)[0]?.budgetMs).toBe(BUDGET_MS - 100 - MARGIN_MS);
  });

  test('S6 bounded: for one in doubt, no longer than the sender has; surely not done', async () => {
    const node = new RoutingNode();
    node.suspect(d);
    const answer = watch(standIn(node, write(d)));
    await node.clock.advanceSettling(BUDGET_MS - 1);
    expect(answer.outcome).toBeUndefined();
    await node.clock.advanceSettling(1);
    expect(answer.outcome).toMatchObject({ reply: NOT_HERE });
    expect(node.clock.pending).toBe(0);
  });

  test('while the owner takes its letter over, it waits as well', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.become(d, { kind: 'returning', incarnation: LIFE + 1, former: { kind: 'dead', incarnation: LIFE } });
    node.to(d).answer = replying(found(idOf(d)));
    const answer = watch(standIn(node, write(d)));
    await node.clock.advanceSettling(50);
    expect([answer.outcome, node.to(d).asked]).toEqual([undefined, []]);
    node.members.apply(d, { kind: 'released', incarnation: LIFE + 1 }, 'it has joined');
    await settled();
    expect(answer.outcome).toMatchObject({ reply: found(idOf(d)) });
  });

  test('for its own letter, or one that the map does not have, it does nothing', async () => {
    const node = new RoutingNode();
    expect(await standIn(node, read(a), a)).toMatchObject({ reply: NOT_HERE });
    expect(await standIn(node, read(d), UNMAPPED)).toMatchObject({ reply: NOT_HERE });
    expect(nothingSent(node)).toBe(true);
  });

  test('records a successor for the orphan, and tells whoever comes second about the first', async () => {
    const node = new RoutingNode();
    node.kill(d);
    node.estates.begin(d, true);
    const succeed = (successor: string): Promise<PeerAnswer> =>
      standIn(node, { kind: 'succeed', id: idOf(d), successor });
    expect(await succeed(idOf(b))).toMatchObject({ reply: { kind: 'moved', to: idOf(b) } });
    expect(await succeed(idOf(c))).toMatchObject({ reply: { kind: 'moved', to: idOf(b) } });
  });
});

describe('S7: what a peer asks for is checked like what comes in at a door', () => {
  const content = (text: string): Content => ({ ...json(1), payload: Buffer.from(text) });
  const UNACCEPTABLE = { kind: 'refused', code: 'UNACCEPTABLE' };

  test.each<[string, SessionCommand]>([
    ['JSON that would forge an answer', { kind: 'put', id: idOf(a), content: content('1,"owner":"z","id":"forged"') }],
    ['JSON with a byte order mark', { kind: 'put', id: idOf(a), content: content('\ufeff{}') }],
    ['JSON that is too deep', { kind: 'keep', id: idOf(a), content: content('['.repeat(3000) + ']'.repeat(3000)) }],
    ['a patch with __proto__', { kind: 'patch', id: idOf(a), patch: Buffer.from('{"__proto__":{}}') }],
    ['a type that ends a header', { kind: 'put', id: idOf(a), content: { ...json(1), contentType: 'a/b\r\nc: d' } }],
    ['a life without end', { kind: 'touch', id: idOf(a), ttlSeconds: 2 ** 53 - 1 }],
    ['a grace without end', { kind: 'rotate', id: idOf(a), graceSeconds: 2 ** 53 - 1 }],
  ])('%s is refused, and nothing is done', async (_, command) => {
    const node = new RoutingNode();
    expect(await asks(node, { command })).toMatchObject({ kind: 'reply', reply: UNACCEPTABLE });
    expect(node.store.asked).toEqual([]);
  });

  test('by a stand-in as well', async () => {
    const node = new RoutingNode();
    node.become(b, { kind: 'dead', incarnation: LIFE });
    const command: SessionCommand = { kind: 'keep', id: idOf(b), content: content('{') };
    const answer = await Promise.resolve(
      node.desk.answer(helloOf(c, LIFE), {
        ...{ kind: 'execute', route: 'stand-in', owner: b, incarnation: LIFE, budgetMs: BUDGET_MS, command },
      }),
    );
    expect(answer).toMatchObject({ reply: UNACCEPTABLE });
  });

  test('also where it is long', async () => {
    const node = new RoutingNode();
    const command: SessionCommand = { kind: 'put', id: idOf(a), content: content(`[${'1,'.repeat(50_000)}1]`) };
    expect(await asks(node, { command })).toMatchObject({ reply: UNACCEPTABLE });
  });

  test('S6: its time is bounded, whatever the peer says it has', async () => {
    const node = new RoutingNode();
    node.whenAsked = () => undefined;
    node.clock.advance(FENCE_MS);
    const answer = watch(asks(node, { command: read(a), budgetMs: 2 ** 53 - 1 }));
    await node.clock.advanceSettling(120_000);
    expect(answer.outcome).toMatchObject({ reply: { kind: 'unavailable', code: 'JOINING' } });
  });
});
