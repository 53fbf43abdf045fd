import { beforeEach, describe, expect, test } from 'vitest';
import { ItemDesk } from '../../../../src/doors/memcached/item-desk.ts';
import type { MemcachedReply } from '../../../../src/doors/memcached/protocol/reply.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import { DeskFixture, granted, incr, read, remove, settled, store, TEXT, touch } from './desk-fixture.ts';

const LOCK = 'memc.sess.key.lock.b0123';
const SESSION = 'memc.sess.key.b0123';

let fixture: DeskFixture;
let desk: ItemDesk;

beforeEach(() => {
  fixture = new DeskFixture();
  desk = new ItemDesk(fixture.parts);
});

/** What is given back is, a little later. */
async function givenBack(): Promise<void> {
  fixture.clock.advance(1);
  await settled();
}

function lock(exptime = 30): Promise<MemcachedReply> {
  return Promise.resolve(desk.answer(store('add', LOCK, '1', exptime), TEXT));
}

describe('adding the key of a lock', () => {
  test('queues for the lock of the session at its owner, for this node', async () => {
    const reply = lock();
    expect(fixture.sessions.asked).toEqual([
      { kind: 'lock', id: 'b0123', waitMs: 700, holdMs: 30_000, holder: 'b', token: expect.any(String) as string },
    ]);
    await fixture.sessions.answerNext(granted('t1'));
    expect(await reply).toMatchObject({ kind: 'stored' });
  });

  test('without an end asks for the longest hold; one that is over already, for the shortest', () => {
    void lock(0);
    desk = new ItemDesk(fixture.parts);
    void lock(-1);
    expect(fixture.sessions.asked).toMatchObject([{ holdMs: 0 }, { holdMs: 1 }]);
  });

  test('that another holds for too long is not stored', async () => {
    const reply = lock();
    await fixture.sessions.answerNext({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    expect(await reply).toEqual({ kind: 'not-stored' });
    expect(await desk.answer(read(LOCK), TEXT)).toEqual({ kind: 'miss' });
  });

  test('whose owner cannot be asked is an error', async () => {
    const reply = lock();
    await fixture.sessions.answerNext({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(await reply).toMatchObject({ kind: 'server-error', code: 'OWNER_UNREACHABLE' });
  });

  test('that this client holds itself is not stored, and nobody is asked', async () => {
    fixture.sessions.script = () => granted('t1');
    await lock();
    expect(await lock()).toEqual({ kind: 'not-stored' });
    expect(fixture.sessions.asked).toHaveLength(1);
  });

  test('makes the same client’s commands on that session wait for it', async () => {
    void lock();
    void desk.answer(read(SESSION), TEXT);
    expect(fixture.sessions.asked.map(({ kind }) => kind)).toEqual(['lock']);
    await fixture.sessions.answerNext(granted('t1'));
    expect(fixture.sessions.asked.map(({ kind }) => kind)).toEqual(['lock', 'item']);
  });

  test('is measured', async () => {
    const reply = lock();
    fixture.clock.advance(400);
    await fixture.sessions.answerNext(granted('t1'));
    await reply;
    expect(await fixture.metric('maglia_lock_wait_seconds_sum{outcome="granted"} ')).toBe('0.4');
    expect(fixture.counts.tally).toMatchObject({ locks_granted: 1, locks_refused: 0, cmd_set: 0 });
  });
});

describe('a lock that is held', () => {
  beforeEach(async () => {
    fixture.sessions.script = () => granted('t1', 30_000);
    await lock();
    fixture.sessions.script = () => ({ kind: 'done', id: 'b0123', version: 0, ttlSeconds: 0 });
    fixture.sessions.asked.length = 0;
  });

  test('is given back by deleting its key, once', async () => {
    expect(await desk.answer(remove(LOCK), TEXT)).toEqual({ kind: 'deleted' });
    expect(fixture.sessions.asked).toEqual([{ kind: 'unlock', id: 'b0123', token: 't1' }]);
    expect(await desk.answer(remove(LOCK), TEXT)).toEqual({ kind: 'not-found' });
    expect(fixture.sessions.asked).toHaveLength(1);
  });

  test('that has run out meanwhile was not there', async () => {
    fixture.sessions.script = () => ({ kind: 'refused', code: 'LOCK_LOST' });
    expect(await desk.answer(remove(LOCK), TEXT)).toEqual({ kind: 'not-found' });
  });

  test('is seen by this client until it runs out', async () => {
    expect(await desk.answer(read(LOCK), TEXT)).toMatchObject({ kind: 'hit', value: Buffer.from('1') });
    expect(await desk.answer(touch(LOCK, 10), TEXT)).toMatchObject({ kind: 'touched' });
    fixture.clock.advance(30_000);
    expect(await desk.answer(read(LOCK), TEXT)).toEqual({ kind: 'miss' });
    expect(await desk.answer(touch(LOCK, 10), TEXT)).toEqual({ kind: 'not-found' });
  });

  test('that has run out can be taken again', async () => {
    fixture.clock.advance(30_000);
    fixture.sessions.script = () => granted('t2');
    expect(await lock()).toMatchObject({ kind: 'stored' });
    await desk.answer(remove(LOCK), TEXT);
    expect(fixture.sessions.asked.at(-1)).toMatchObject({ kind: 'unlock', token: 't2' });
  });

  test('is given back when the client goes', async () => {
    desk.close();
    await givenBack();
    expect(fixture.sessions.asked).toEqual([{ kind: 'unlock', id: 'b0123', token: 't1' }]);
    expect(fixture.logged).toEqual([]);
  });

  test('and cannot be given back then, is logged, without the whole id', async () => {
    fixture.sessions.script = () => ({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    desk.close();
    await givenBack();
    expect(fixture.logged.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: 'b0123'.slice(0, 1) + '…', code: 'OWNER_UNREACHABLE' },
    ]);
  });
});

test('a lock that is granted after its client has gone is given back at once', async () => {
  void lock();
  desk.close();
  expect(fixture.sessions.asked).toHaveLength(1);
  await fixture.sessions.answerNext(granted('t9'));
  await givenBack();
  expect(fixture.sessions.asked.at(-1)).toEqual({ kind: 'unlock', id: 'b0123', token: 't9' });
});

describe('a lock that may have been granted, though the answer was lost', () => {
  const LOST: Reply = { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' };

  function tokens(): unknown[] {
    return fixture.sessions.asked.map((command) => ('token' in command ? [command.kind, command.token] : command.kind));
  }

  test('is given back by the token that was chosen for it', async () => {
    const reply = lock();
    await fixture.sessions.answerNext(LOST);
    expect(await reply).toMatchObject({ kind: 'server-error', code: 'IN_DOUBT' });
    await givenBack();
    const [[, token] = []] = tokens() as string[][];
    expect(tokens()).toEqual([
      ['lock', token],
      ['unlock', token],
    ]);
  });

  test('is asked to be given back again where that answer is lost as well, and then is logged', async () => {
    void lock();
    for (let n = 0; n < 4; n += 1) {
      await fixture.sessions.answerNext(LOST);
      await givenBack();
    }
    expect(fixture.sessions.asked.map(({ kind }) => kind)).toEqual(['lock', 'unlock', 'unlock', 'unlock']);
    expect(fixture.logged).toHaveLength(1);
  });

  test('and so is one that its client has given back', async () => {
    fixture.sessions.script = () => granted('t1');
    await lock();
    fixture.sessions.script = () => undefined;
    const reply = desk.answer(remove(LOCK), TEXT);
    await fixture.sessions.answerNext(LOST);
    expect(await reply).toMatchObject({ kind: 'server-error', code: 'IN_DOUBT' });
    await givenBack();
    expect(fixture.sessions.asked.slice(1)).toEqual([
      { kind: 'unlock', id: 'b0123', token: 't1' },
      { kind: 'unlock', id: 'b0123', token: 't1' },
    ]);
  });

  test('has another token each time', async () => {
    for (let n = 0; n < 2; n += 1) {
      void lock();
      await fixture.sessions.answerNext({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    }
    const [first, second] = tokens();
    expect(first).not.toEqual(second);
  });
});

test('nothing else can be done with the key of a lock', async () => {
  expect(await desk.answer(store('set', LOCK, '1'), TEXT)).toEqual({ kind: 'not-stored' });
  expect(await desk.answer(incr(LOCK), TEXT)).toEqual({ kind: 'not-found' });
  expect(await desk.answer({ kind: 'inspect', key: LOCK }, TEXT)).toEqual({ kind: 'miss' });
  expect(fixture.sessions.asked).toEqual([]);
});

describe('F2: nothing one client does with locks stops the node', () => {
  function lockOf(session: number, of = desk): Promise<MemcachedReply> {
    return Promise.resolve(of.answer(store('add', `memc.sess.key.lock.b${session}`, '1', 30), TEXT));
  }

  test('a client that holds too many is refused more by name, and nobody is asked', async () => {
    fixture.sessions.script = (command) => granted('token' in command ? (command.token ?? '') : '');
    for (let session = 0; session < fixture.parts.lockLimit; session += 1) await lockOf(session);
    expect(await lockOf(99)).toMatchObject({ kind: 'server-error', code: 'TOO_MANY_LOCKS' });
    expect(fixture.sessions.asked).toHaveLength(fixture.parts.lockLimit);
  });

  test('so are all clients together, until one of them goes', async () => {
    fixture.sessions.script = (command) => granted('token' in command ? (command.token ?? '') : '');
    const other = new ItemDesk(fixture.parts);
    for (const session of [1, 2, 3]) await lockOf(session);
    for (const session of [4, 5]) await lockOf(session, other);
    expect(await lockOf(6, other)).toMatchObject({ kind: 'server-error', code: 'TOO_MANY_LOCKS' });
    desk.close();
    expect(await lockOf(6, other)).toMatchObject({ kind: 'stored' });
  });
});
