import { beforeEach, describe, expect, test } from 'vitest';
import {
  open,
  SingleFlight,
  type OpenRouter,
  type Opened,
  type OpenReply,
  type OpenRequest,
} from '../../../src/routing/open.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { ownerLetter } from '../../../src/session/session-id.ts';
import type { Soon } from '../../../src/soon.ts';
import { drawSessionId } from '../../support/minted-ids.ts';
import { json, SESSION } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';
import { ALIAS_MS, FakeMesh, openedOf } from './open-setup.ts';

const [a, b, c, d] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d')];

let mesh: FakeMesh;
let openOnA: (request: OpenRequest) => Promise<OpenReply>;
let openOnD: (request: OpenRequest) => Promise<OpenReply>;

beforeEach(() => {
  mesh = new FakeMesh();
  openOnA = mesh.node(a);
  openOnD = mesh.node(d);
});

/** The first command of this kind (and id) is answered so; the later ones as usual. */
function answerOnce(kind: SessionCommand['kind'], reply: Reply, id?: string): void {
  mesh.scripted.push({ kind, reply, ...(id !== undefined && { id }) });
}

function expectFresh(reply: OpenReply, previous: string, reason: string): Opened {
  const opened = openedOf(reply);
  expect(opened).toMatchObject({ state: 'regenerated', previous, reason, content: json({}) });
  expect(opened.id).not.toBe(previous);
  return opened;
}

function expectFound(reply: OpenReply, id: string): Opened {
  const opened = openedOf(reply);
  expect(opened).toMatchObject({ state: 'found', id });
  expect(opened).not.toHaveProperty('previous');
  expect(opened).not.toHaveProperty('reason');
  return opened;
}

describe('without an id', () => {
  test('a session is minted here: an empty JSON object, ready for a patch', async () => {
    const opened = openedOf(await openOnA({}));
    expect(opened).toEqual({
      kind: 'opened',
      id: mesh.minted[0],
      state: 'minted',
      version: opened.version,
      ttlSeconds: SESSION.ttlSeconds,
      content: json({}),
      owner: 'a',
    });
    expect(openedOf(await openOnD({})).owner).toBe('d');
  });

  test('for the life asked for', async () => {
    expect(openedOf(await openOnA({ ttlSeconds: 77 })).ttlSeconds).toBe(77);
  });

  test('with its lock, if one is asked for', async () => {
    const opened = openedOf(await openOnA({ lock: { waitMs: 10 } }));
    expect(opened.state).toBe('minted');
    expect(opened.lock?.token).toEqual(expect.any(String));
  });
});

describe('a session that is there', () => {
  test("is found, whoever owns it: our own and another's", async () => {
    for (const owner of [a, c]) {
      const id = await mesh.session(owner);
      const opened = expectFound(await openOnA({ id }), id);
      expect(opened).toMatchObject({ owner, content: json({ of: owner }), ttlSeconds: SESSION.ttlSeconds });
    }
    expect(mesh.minted).toEqual([]);
  });

  test('is found with its lock, and who comes second waits for it', async () => {
    const id = await mesh.session(c);
    const first = expectFound(await openOnA({ id, lock: { waitMs: 0 } }), id);
    expect(first.lock?.token).toEqual(expect.any(String));
    const second = openOnD({ id, lock: { waitMs: 100 } });
    mesh.clock.advance(100);
    expect(await second).toEqual({ kind: 'refused', code: 'LOCK_TIMEOUT' });
  });
});

describe('what the router knows at once', () => {
  const id = drawSessionId(a);
  const successions = new SingleFlight<OpenReply>();

  function openWith(reply: Soon<Reply>): Soon<OpenReply> {
    return open({ id }, { ...UNASKED, dispatch: () => reply }, mesh.map, successions);
  }

  test('is opened at once: no promise is made for a session that is there', () => {
    const reply = openWith({ kind: 'done', id, version: 7, ttlSeconds: 60, content: json({ n: 1 }) });
    expect(reply).toEqual({
      ...{ kind: 'opened', id, state: 'found', version: 7, ttlSeconds: 60, content: json({ n: 1 }), owner: a },
    });
  });

  test('comes later where it is a failure, and is the same', async () => {
    const failure: Reply = { kind: 'unavailable', code: 'JOINING' };
    expect(await openWith(failure)).toEqual(await openWith(Promise.resolve(failure)));
  });
});

/** All but the one that the test is about. */
const UNASKED: OpenRouter = {
  mint: () => expect.unreachable(),
  dispatch: () => expect.unreachable(),
  ownerOf: (id) => ownerLetter(id, mesh.map),
  placementOf: () => ({ kind: 'own' }),
  giveBack: () => expect.unreachable(),
};

describe('a lock that was granted, and whose grant was lost on the way', () => {
  test.each(['an id', 'none'])('is given back at once: whoever came with %s', async (what) => {
    const id = what === 'none' ? undefined : await mesh.session(c);
    mesh.loses = 'open';
    const lock = { waitMs: 0 };
    const lost = await openOnA(id === undefined ? { lock } : { id, lock });
    expect(lost).toEqual({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
    const [granted = ''] = mesh.asked.flatMap((line) => (line.startsWith('open ') ? [line.slice(5)] : []));
    expect(openedOf(await openOnD({ id: granted, lock })).lock?.token).toEqual(expect.any(String));
  });
});

describe('S9 explained: a session that is gone', () => {
  test.each(['expired', 'evicted', 'destroyed', 'unknown', 'store-lost', 'owner-dead'] as const)(
    '%s: a fresh one, of this node, with the reason and the id that it replaces',
    async (reason) => {
      const id = await mesh.session(c);
      answerOnce('open', { kind: 'miss', reason });
      const opened = expectFresh(await openOnA({ id, ttlSeconds: 77 }), id, reason);
      expect(opened).toMatchObject({ owner: 'a', ttlSeconds: 77 });
      expect(mesh.asked).toEqual([`open ${id}`, 'mint a']);
    },
  );

  test('the fresh one comes with its lock, if one is asked for', async () => {
    const id = drawSessionId(c);
    const opened = expectFresh(await openOnA({ id, lock: { waitMs: 10 } }), id, 'unknown');
    expect(opened.lock?.token).toEqual(expect.any(String));
  });
});

describe('an id that no node can have minted', () => {
  const minted = 'b0123456789abcdefghijklmnop';
  test.each([
    ['nothing', ''],
    ['one character short', minted.slice(0, -1)],
    ['one too long', `${minted}0`],
    ['a letter that is not in the map', `z${minted.slice(1)}`],
    ['another alphabet', `b0123456789ABCDEFGHIJKLMNOP`],
    ['a NUL', `b\u0000${minted.slice(2)}`],
    ['unicode', `bé${minted.slice(2)}`],
    ['a line end', `${minted}\n`],
    ['a path', '../../etc/passwd'],
    ['something endless', 'b'.repeat(100_000)],
  ])('%s: is malformed, and nobody is asked about it', async (_, id) => {
    expectFresh(await openOnA({ id }), id, 'malformed');
    expect(mesh.asked).toEqual(['mint a']);
    expect(openedOf(await openOnA({ id, lock: { waitMs: 10 } })).lock?.token).toEqual(expect.any(String));
  });
});

describe('an orphan', () => {
  test('gets a fresh session of the node that it came through, because its owner is dead', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const opened = expectFresh(await openOnA({ id, ttlSeconds: 77 }), id, 'owner-dead');
    expect(opened).toMatchObject({ owner: 'a', ttlSeconds: 77 });
    expect(opened.id).toMatch(/^a/);
  });

  test('S2 one home: opened 20 times at once through two nodes, it has one successor, and no other session is left', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? openOnA : openOnD)({ id })),
    );
    const ids = new Set(replies.map((reply) => expectFresh(reply, id, 'owner-dead').id));
    expect(ids.size).toBe(1);
    expect(await mesh.living()).toEqual([...ids]);
    // Those who come through one node share one attempt.
    expect(mesh.minted).toHaveLength(2);
  });

  test('is led to its successor later as well, while the alias lasts; then it gets another', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const first = openedOf(await openOnA({ id }));
    await mesh.engine(a).execute({ kind: 'put', id: first.id, content: json({ cart: 1 }) }, Infinity);
    mesh.clock.advance(ALIAS_MS - 1);
    expect(openedOf(await openOnD({ id }))).toMatchObject({
      id: first.id,
      state: 'regenerated',
      previous: id,
      reason: 'owner-dead',
      content: json({ cart: 1 }),
      owner: 'a',
    });
    mesh.clock.advance(1);
    expect(expectFresh(await openOnD({ id }), id, 'owner-dead').id).not.toBe(first.id);
  });

  test('gets its lock as well, and only one of two openers has it at a time', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const lock = { waitMs: 1000 };
    const openers = [openOnA({ id, lock }), openOnA({ id, lock })];
    const first = expectFresh(await Promise.race(openers), id, 'owner-dead');
    const token = first.lock?.token ?? '';
    await mesh.engine(a).execute({ kind: 'unlock', id: first.id, token }, Infinity);
    const both = (await Promise.all(openers)).map((reply) => expectFresh(reply, id, 'owner-dead'));
    expect(new Set(both.map((opened) => opened.id)).size).toBe(1);
    expect(new Set(both.map((opened) => opened.lock?.token)).size).toBe(2);
  });

  test('one opener with a lock and one without share the session, not the lock', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const [locked, plain] = await Promise.all([openOnA({ id, lock: { waitMs: 0 } }), openOnA({ id })]);
    expect(openedOf(plain).id).toBe(openedOf(locked).id);
    expect(openedOf(locked).lock?.token).toEqual(expect.any(String));
    expect(plain).not.toHaveProperty('lock');
  });

  test('that is kept on the shelf is found there', async () => {
    const id = await mesh.session(b);
    await mesh.kill(b).execute({ kind: 'keep', id, content: json({ kept: true }) }, Infinity);
    expect(expectFound(await openOnA({ id }), id).content).toEqual(json({ kept: true }));
  });

  test('whose life ended on the shelf gets a successor, with that reason', async () => {
    const id = await mesh.session(b);
    await mesh.kill(b).execute({ kind: 'keep', id, content: json({}), ttlSeconds: 1 }, Infinity);
    mesh.clock.advance(1000);
    const opened = expectFresh(await openOnA({ id }), id, 'expired');
    expect(openedOf(await openOnD({ id })).id).toBe(opened.id);
  });
});

describe('a succession that was lost', () => {
  test('to somebody who was first: their session is the successor, and ours is destroyed', async () => {
    const id = await mesh.session(b);
    const theirs = await mesh.session(c);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'moved', to: theirs });
    expect(openedOf(await openOnA({ id }))).toMatchObject({
      id: theirs,
      state: 'regenerated',
      previous: id,
      reason: 'owner-dead',
      content: json({ of: 'c' }),
      owner: 'c',
    });
    expect(mesh.minted).toHaveLength(1);
    expect(await mesh.living()).toEqual([]);
  });

  test('to somebody whose session has been succeeded since: the chain is followed', async () => {
    const id = await mesh.session(b);
    const [theirs, last] = [await mesh.session(c), await mesh.session(d)];
    mesh.kill(b);
    answerOnce('succeed', { kind: 'moved', to: theirs });
    answerOnce('open', { kind: 'moved', to: last }, theirs);
    expect(openedOf(await openOnA({ id }))).toMatchObject({ id: last, state: 'regenerated', previous: id });
  });

  test('S6 bounded: such a chain is followed four times, and no further', async () => {
    for (const [length, isFollowed] of [
      [4, true],
      [5, false],
    ] as const) {
      const id = await mesh.session(b);
      const ids = await Promise.all(Array.from({ length: length + 1 }, () => mesh.session(c)));
      const [theirs = '', ...others] = ids;
      mesh.kill(b);
      answerOnce('succeed', { kind: 'moved', to: theirs });
      for (const [at, to] of others.entries()) answerOnce('open', { kind: 'moved', to }, ids[at]);
      const opened = openedOf(await openOnA({ id }));
      expect(opened).toMatchObject({ state: 'regenerated', previous: id, reason: 'owner-dead' });
      expect(opened.id === others.at(-1)).toBe(isFollowed);
      mesh.revive(b);
    }
  });

  test('to somebody whose session is gone again: a fresh one', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'moved', to: drawSessionId(c) });
    const opened = expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(await mesh.living()).toEqual([opened.id]);
  });

  test('S3 a failure is never a miss: where their session cannot be asked for, that is the answer', async () => {
    const id = await mesh.session(b);
    const theirs = await mesh.session(c);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'moved', to: theirs });
    answerOnce('open', { kind: 'unavailable', code: 'OWNER_UNREACHABLE' }, theirs);
    expect(await openOnA({ id })).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(await mesh.living()).toEqual([]);
  });

  test('with a lock asked for: theirs is locked', async () => {
    const id = await mesh.session(b);
    const theirs = await mesh.session(c);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'moved', to: theirs });
    const opened = openedOf(await openOnA({ id, lock: { waitMs: 0 } }));
    expect(opened).toMatchObject({ id: theirs, state: 'regenerated', previous: id });
    expect(opened.lock?.token).toEqual(expect.any(String));
  });
});

describe('an owner that comes back in between', () => {
  /** Revives b when this command has been answered for the first time. */
  function reviveAfter(kind: SessionCommand['kind']): void {
    mesh.answered = (command) => {
      if (command.kind !== kind) return;
      mesh.revive(b);
      mesh.answered = () => undefined;
    };
  }

  test('before the successor is recorded: the session is found at home, and what was minted is destroyed', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' });
    reviveAfter('succeed');
    expect(expectFound(await openOnA({ id }), id)).toMatchObject({ owner: 'b', content: json({ of: 'b' }) });
    expect(mesh.minted).toHaveLength(1);
    expect(await mesh.living()).toEqual([]);
  });

  test('the same with a lock: it is found with its lock', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' });
    reviveAfter('succeed');
    expect(expectFound(await openOnA({ id, lock: { waitMs: 0 } }), id).lock?.token).toEqual(expect.any(String));
  });

  test('with a successor on record: whoever was late is led to the same one', async () => {
    const id = await mesh.session(b);
    const successor = await mesh.session(c);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' });
    await mesh.engine(b).settle({ kind: 'succeeded', id, successor, aliasMs: ALIAS_MS });
    reviveAfter('succeed');
    expect(openedOf(await openOnA({ id }))).toMatchObject({ id: successor, state: 'regenerated', previous: id });
    expect(await mesh.living()).toEqual([]);
  });

  test('with the session gone at home too: a fresh one', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' });
    await mesh.engine(b).settle({ kind: 'reset', id });
    reviveAfter('succeed');
    const opened = expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(await mesh.living()).toEqual([opened.id]);
  });

  test('S3 a failure is never a miss: back, but not answering yet, nobody gets a fresh session for that', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' });
    mesh.answered = (command) => {
      if (command.kind === 'succeed') answerOnce('open', { kind: 'unavailable', code: 'DEADLINE' }, id);
    };
    expect(await openOnA({ id })).toEqual({ kind: 'unavailable', code: 'DEADLINE' });
    expect(await mesh.living()).toEqual([]);
  });

  test('S2 one home: after its stand-in has answered and before we look again, the session is found at home', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    reviveAfter('open');
    expectFound(await openOnA({ id }), id);
    expect(mesh.minted).toEqual([]);
  });
});

describe('an orphan of orphans', () => {
  /** Ids of b whose owner is dead, each leading to the next, the last to a session of c. */
  async function chain(length: number): Promise<{ readonly ids: string[]; readonly last: string }> {
    const ids = Array.from({ length }, () => drawSessionId(b));
    const last = await mesh.session(c);
    const estate = mesh.kill(b);
    for (const [at, id] of ids.entries()) {
      await estate.execute({ kind: 'succeed', id, successor: ids[at + 1] ?? last }, Infinity);
    }
    return { ids, last };
  }

  test('is led from successor to successor, and told what it came with', async () => {
    const { ids, last } = await chain(4);
    const [id = ''] = ids;
    expect(openedOf(await openOnA({ id }))).toMatchObject({
      id: last,
      state: 'regenerated',
      previous: id,
      reason: 'owner-dead',
      content: json({ of: 'c' }),
    });
    expect(mesh.asked).toHaveLength(5);
  });

  test('with a lock: only the session at the end is locked', async () => {
    const { ids, last } = await chain(2);
    const opened = openedOf(await openOnA({ id: ids[0] ?? '', lock: { waitMs: 0 } }));
    expect(opened).toMatchObject({ id: last, state: 'regenerated' });
    expect(opened.lock?.token).toEqual(expect.any(String));
  });

  test('S6 bounded: is led no further than four times, not even in a circle; then it gets a fresh one', async () => {
    const { ids } = await chain(5);
    const [id = '', second = ''] = ids;
    expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(mesh.asked.filter((asked) => asked.startsWith('open'))).toHaveLength(5);

    for (let hop = 0; hop < 5; hop += 1) answerOnce('open', { kind: 'moved', to: hop % 2 === 0 ? second : id });
    expectFresh(await openOnA({ id }), id, 'owner-dead');
  });

  test('whose successor is gone gets another in its place, the same for all', async () => {
    const { ids, last } = await chain(1);
    const [id = ''] = ids;
    await mesh.engine(c).execute({ kind: 'destroy', id: last }, Infinity);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? openOnA : openOnD)({ id })),
    );
    const successors = new Set(replies.map((reply) => expectFresh(reply, id, 'owner-dead').id));
    expect(successors.size).toBe(1);
    expect(await mesh.living()).toEqual([...successors]);
  });

  test('the same at the end of a chain: the last orphan gets the new successor, so that all are led to it', async () => {
    const { ids, last } = await chain(2);
    const [id = '', second = ''] = ids;
    await mesh.engine(c).execute({ kind: 'destroy', id: last }, Infinity);
    const opened = expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(openedOf(await openOnD({ id })).id).toBe(opened.id);
    expect(openedOf(await openOnD({ id: second })).id).toBe(opened.id);
    expect(await mesh.living()).toEqual([opened.id]);
  });

  test('the same with a lock: the new successor is locked', async () => {
    const { ids, last } = await chain(1);
    const [id = ''] = ids;
    await mesh.engine(c).execute({ kind: 'destroy', id: last }, Infinity);
    const opened = expectFresh(await openOnA({ id, lock: { waitMs: 0 } }), id, 'owner-dead');
    expect(opened.lock?.token).toEqual(expect.any(String));
  });

  test('whose owner is back and whose successor is gone gets a fresh one: there is nobody to record it with', async () => {
    const id = await mesh.session(b);
    const successor = await mesh.session(c);
    await mesh.engine(b).settle({ kind: 'succeeded', id, successor, aliasMs: ALIAS_MS });
    await mesh.engine(c).execute({ kind: 'destroy', id: successor }, Infinity);
    expectFresh(await openOnA({ id, lock: { waitMs: 0 } }), id, 'owner-dead');
    expect(mesh.asked.filter((asked) => asked.startsWith('succeed'))).toEqual([]);
  });

  test('whose successor has lost its owner too gets a successor of that one', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const first = openedOf(await openOnD({ id }));
    mesh.kill(d);
    const second = expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(second.id).toMatch(/^a/);
    expect(expectFresh(await openOnA({ id: first.id }), first.id, 'owner-dead').id).toBe(second.id);
  });

  test('sharing the attempt with one that came with another id, each is told what it came with itself', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const first = openedOf(await openOnD({ id }));
    mesh.kill(d);
    const [direct, led] = await Promise.all([openOnA({ id: first.id }), openOnA({ id })]);
    expect(openedOf(direct)).toMatchObject({ state: 'regenerated', previous: first.id });
    expect(openedOf(led)).toMatchObject({ state: 'regenerated', previous: id, id: openedOf(direct).id });
  });

  test('and where that attempt finds the owner back: found for the one, regenerated for the other', async () => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const first = openedOf(await openOnD({ id }));
    for (const requests of [
      [first.id, id],
      [id, first.id],
    ]) {
      mesh.kill(d);
      answerOnce('succeed', { kind: 'unavailable', code: 'OWNER_RETURNED' }, first.id);
      mesh.answered = (command) => {
        if (command.kind === 'succeed') mesh.revive(d);
      };
      const replies = await Promise.all(requests.map((each) => openOnA({ id: each })));
      const byRequest = new Map(requests.map((each, at) => [each, replies[at]]));
      expect(byRequest.get(first.id)).toMatchObject({ id: first.id, state: 'found' });
      expect(byRequest.get(id)).toMatchObject({ id: first.id, state: 'regenerated', previous: id });
    }
  });
});

describe('S3 a failure is never a miss: what could not be answered passes through', () => {
  const failures: Extract<Reply, { kind: 'refused' | 'in-doubt' | 'unavailable' }>[] = [
    { kind: 'refused', code: 'SESSION_BUSY' },
    { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' },
    { kind: 'unavailable', code: 'STORE_UNAVAILABLE' },
  ];

  test.each(failures)('$kind for the session asked for: nothing is minted', async (failure) => {
    const id = await mesh.session(c);
    answerOnce('open', failure);
    expect(await openOnA({ id })).toEqual(failure);
    expect(mesh.minted).toEqual([]);
  });

  test.each(failures)('$kind for the minting, whatever it was for', async (failure) => {
    mesh.answerMint = () => failure;
    mesh.kill(b);
    for (const request of [
      {},
      { id: 'malformed' },
      { id: drawSessionId(c) },
      { id: drawSessionId(b) },
      { lock: { waitMs: 0 } },
    ]) {
      expect(await openOnA(request)).toEqual(failure);
    }
  });

  test.each(failures)('$kind for recording the successor: what was minted is destroyed', async (failure) => {
    const id = await mesh.session(b);
    mesh.kill(b);
    answerOnce('succeed', failure);
    expect(await openOnA({ id })).toEqual(failure);
    expect(await mesh.living()).toEqual([]);
    expectFresh(await openOnA({ id }), id, 'owner-dead');
  });

  test.each(failures)('$kind for the lock of a fresh session', async (failure) => {
    answerOnce('open', failure);
    expect(await openOnA({ lock: { waitMs: 0 } })).toEqual(failure);
  });

  test.each(failures)('$kind for a successor', async (failure) => {
    const id = await mesh.session(b);
    mesh.kill(b);
    const { id: successor } = openedOf(await openOnA({ id }));
    answerOnce('open', failure, successor);
    expect(await openOnA({ id })).toEqual(failure);
    expect(await mesh.living()).toEqual([successor]);
  });

  test('a succession in doubt that was recorded all the same leads to a session that is gone: the next opener repairs it', async () => {
    const id = await mesh.session(b);
    const estate = mesh.kill(b);
    answerOnce('succeed', { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
    mesh.answered = (command) => {
      if (command.kind !== 'succeed') return;
      mesh.answered = () => undefined;
      void estate.execute(command, Infinity);
    };
    expect(await openOnA({ id })).toEqual({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' });
    const opened = expectFresh(await openOnA({ id }), id, 'owner-dead');
    expect(openedOf(await openOnD({ id })).id).toBe(opened.id);
    expect(await mesh.living()).toEqual([opened.id]);
  });
});

test('those who want the same thing at the same time share one piece of work; different things do not wait', async () => {
  const flights = new SingleFlight<number>();
  let land: (result: number) => void = () => undefined;
  let begun = 0;
  const work = (): Promise<number> => {
    begun += 1;
    return new Promise((resolve) => (land = resolve));
  };
  const shared = [flights.do('x', work), flights.do('x', work), flights.do('x', work)];
  await expect(flights.do('y', () => Promise.resolve(2))).resolves.toBe(2);
  land(1);
  await expect(Promise.all(shared)).resolves.toEqual([1, 1, 1]);
  expect(begun).toBe(1);
});

test('a caller that comes after the flight has landed begins another', async () => {
  const flights = new SingleFlight<number>();
  await expect(flights.do('x', () => Promise.resolve(1))).resolves.toBe(1);
  await expect(flights.do('x', () => Promise.resolve(2))).resolves.toBe(2);
});

test('a failure is shared by those who flew with it, and does not stay', async () => {
  const flights = new SingleFlight<number>();
  const fail = (): Promise<number> => Promise.reject(new RangeError('on purpose'));
  const shared = [flights.do('x', fail), flights.do('x', () => Promise.resolve(1))];
  const outcomes = await Promise.allSettled(shared);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(flights.do('x', () => Promise.resolve(2))).resolves.toBe(2);
});
