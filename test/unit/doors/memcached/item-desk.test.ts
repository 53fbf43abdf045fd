import { beforeEach, describe, expect, test } from 'vitest';
import { SILENT } from '../../../../src/doors/memcached/protocol/reply-shape.ts';
import { ItemDesk } from '../../../../src/doors/memcached/item-desk.ts';
import { answered, DeskFixture, hit, META, read, remove, store, TEXT, touch } from './desk-fixture.ts';

const DRAWN = '0123456789abcdef0123456789abcdef';
const FOREIGN = `a${DRAWN.slice(1)}`;
const DJANGO = ':1:django.contrib.sessions.cache';

let fixture: DeskFixture;
let desk: ItemDesk;

function open(options: ConstructorParameters<typeof DeskFixture>[0] = {}): void {
  fixture = new DeskFixture(options);
  desk = new ItemDesk(fixture.parts);
}

beforeEach(() => open());

describe('a key', () => {
  test('is asked for by its id, and answered with what the mesh has', async () => {
    fixture.sessions.script = () => answered(hit('data'));
    expect(await desk.answer(read('memc.sess.key.a77'), TEXT)).toMatchObject({
      kind: 'hit',
      value: Buffer.from('data'),
    });
    expect(fixture.sessions.asked).toEqual([
      { kind: 'item', id: 'a77', isSession: true, operation: { kind: 'read', canWin: false, isPeek: false } },
    ]);
  });

  test('of no session is one all the same', async () => {
    fixture.sessions.script = () => answered({ kind: 'deleted' });
    expect(await desk.answer(remove('page:1'), TEXT)).toEqual({ kind: 'deleted' });
    expect(fixture.sessions.asked).toEqual([
      { kind: 'item', id: 'page:1', isSession: false, operation: { kind: 'delete' } },
    ]);
  });

  test('can be won by a meta client only', () => {
    void desk.answer(read('k'), META);
    expect(fixture.sessions.asked).toMatchObject([{ operation: { canWin: true } }]);
  });

  test('whose commands one client sends in a row is asked for in that order', async () => {
    void desk.answer(store('set', 'k', '1'), TEXT);
    void desk.answer(read('k'), TEXT);
    void desk.answer(read('other'), TEXT);
    expect(fixture.sessions.asked.map(({ id }) => id)).toEqual(['k', 'other']);
    await fixture.sessions.answerNext(answered({ kind: 'stored', cas: 1 }));
    expect(fixture.sessions.asked.map(({ id }) => id)).toEqual(['k', 'other', 'k']);
  });

  test('that cannot be asked for in a way it should not is an error, and is logged without the id', async () => {
    const id = 'b0123456789abcdefghijklmnop';
    const reply = desk.answer(read(id), TEXT);
    await fixture.sessions.answerNext(new RangeError(`no ${id}`));
    expect(await reply).toMatchObject({ kind: 'server-error', code: 'INTERNAL' });
    expect(fixture.logged).toHaveLength(1);
    expect(fixture.logged.join('')).not.toContain(id);
    expect(fixture.counts.tally).toMatchObject({ cmd_get: 1, get_hits: 0, get_misses: 0 });
  });
});

describe('a key that there cannot be', () => {
  const IMPOSSIBLE = 'rack:session:a b';

  test.each([
    ['a read', read(IMPOSSIBLE), 'miss'],
    ['a touch', touch(IMPOSSIBLE, 60), 'not-found'],
    ['a delete', remove(IMPOSSIBLE), 'not-found'],
  ] as const)('is not there to %s, and nobody is asked', (_, command, kind) => {
    expect(desk.answer(command, TEXT)).toEqual({ kind });
    expect(fixture.sessions.asked).toEqual([]);
  });

  test('counts as a miss', () => {
    void desk.answer(read(IMPOSSIBLE), TEXT);
    void desk.answer(remove(IMPOSSIBLE), TEXT);
    expect(fixture.counts.tally).toMatchObject({ cmd_get: 1, get_misses: 1, delete_misses: 1 });
  });
});

describe('a store that is too large', () => {
  const CACHED_DB = ':1:django.contrib.sessions.cached_dbb0123';
  const DROP = { kind: 'store', mode: 'set', lifeSeconds: -1, value: Buffer.alloc(0) };
  const DROPPED = answered({ kind: 'stored', cas: 1 });

  test.each(['memc.sess.key.b0123', 'sess:b0123', `${DJANGO}b0123`, 'rack:session:b0123'])(
    'leaves the session in place that is here alone: %s',
    async (key) => {
      expect(await desk.answerOversized({ kind: 'oversized', key })).toEqual({ kind: 'too-large' });
      expect(fixture.sessions.asked).toEqual([]);
      expect(fixture.counts.tally.cmd_set).toBe(1);
    },
  );

  test.each([CACHED_DB, 'page:1'])('takes away what may be a copy of a database: %s', async (key) => {
    fixture.sessions.script = () => DROPPED;
    expect(await desk.answerOversized({ kind: 'oversized', key })).toEqual({ kind: 'too-large' });
    expect(fixture.sessions.asked).toMatchObject([{ operation: DROP }]);
  });

  test('says so where the old one may still be there (S3)', async () => {
    fixture.sessions.script = () => ({ kind: 'in-doubt', code: 'DEADLINE' });
    expect(await desk.answerOversized({ kind: 'oversized', key: CACHED_DB })).toMatchObject({ code: 'IN_DOUBT' });
  });

  test('does the same where only the owner finds it too large, as what an append has made of it', async () => {
    fixture.sessions.script = (command) =>
      command.kind === 'item' && command.operation.kind === 'store' && command.operation.mode === 'append'
        ? { kind: 'refused', code: 'TOO_LARGE' }
        : DROPPED;
    expect(await desk.answer(store('append', 'page:1', 'more'), TEXT)).toEqual({ kind: 'too-large' });
    expect(fixture.sessions.asked).toMatchObject([{ operation: { mode: 'append' } }, { operation: DROP }]);
    expect(await desk.answer(store('append', 'sess:b0123', 'more'), TEXT)).toEqual({ kind: 'too-large' });
    expect(fixture.sessions.asked).toHaveLength(3);
  });
});

describe('S5 destroyed stays destroyed: a client that has a connection of its own for a session', () => {
  const PHP = 'memc.sess.key.b0123';
  const GONE = answered({ kind: 'miss', grave: 40 });
  const NOT_STORED = answered({ kind: 'not-stored' });

  /** What the stores that were asked for had seen. */
  function seenBy(): unknown[] {
    return fixture.sessions.asked.flatMap((command) =>
      command.kind === 'item' && command.operation.kind === 'store' ? [command.operation.seen] : [],
    );
  }

  async function readsAs(reply: ReturnType<typeof answered>, key = PHP): Promise<void> {
    fixture.sessions.script = () => reply;
    await desk.answer(read(key), TEXT);
    fixture.sessions.script = () => NOT_STORED;
  }

  test('says which tombstone it has found when it stores what it made since', async () => {
    await readsAs(GONE);
    await desk.answer(store('set', PHP, 'x'), TEXT);
    await desk.answer(store('set', `${PHP}4`, 'x'), TEXT);
    expect(seenBy()).toEqual([40, undefined]);
  });

  test.each([
    ['missed it since, where no tombstone stood', answered({ kind: 'miss' })],
    ['could not read it since', { kind: 'unavailable', code: 'DEADLINE' } as const],
  ])('but not where it %s', async (_, reply) => {
    await readsAs(GONE);
    await readsAs(reply);
    await desk.answer(store('set', PHP, 'x'), TEXT);
    expect(seenBy()).toEqual([undefined]);
  });

  test('or which version of the session', async () => {
    await readsAs(GONE);
    await readsAs(answered(hit('x')));
    await desk.answer(store('set', PHP, 'x'), TEXT);
    expect(seenBy()).toEqual([7]);
  });

  test('nor what another connection was told', async () => {
    await readsAs(GONE);
    desk = new ItemDesk(fixture.parts);
    await desk.answer(store('set', PHP, 'x'), TEXT);
    expect(seenBy()).toEqual([undefined]);
  });

  test('nor what it had not heard yet when it sent the value', async () => {
    void desk.answer(read(PHP), TEXT);
    const stored = desk.answer(store('set', PHP, 'x'), TEXT);
    await fixture.sessions.answerNext(GONE);
    await fixture.sessions.answerNext(NOT_STORED);
    await stored;
    expect(seenBy()).toEqual([undefined]);
  });

  test('but not one whose connections may be shared by several requests', async () => {
    await readsAs(GONE, `${DJANGO}b0123`);
    await desk.answer(store('set', `${DJANGO}b0123`, 'x'), TEXT);
    expect(seenBy()).toEqual([undefined]);
  });

  test('S6 bounded: of many sessions that it reads, the last ones', async () => {
    for (let n = 0; n < 1000; n += 1) await readsAs(GONE, `${PHP}-${n}`);
    for (const n of [0, 999]) await desk.answer(store('set', `${PHP}-${n}`, 'x'), TEXT);
    expect(seenBy()).toEqual([undefined, 40]);
  });
});

describe('what is counted', () => {
  test('each command by what it came to', async () => {
    fixture.sessions.script = ({ id }) => answered(id === 'there' ? hit('x') : { kind: 'miss' });
    await desk.answer(read('there'), TEXT);
    await desk.answer(read('gone'), TEXT);
    expect(fixture.counts.tally).toMatchObject({ cmd_get: 2, get_hits: 1, get_misses: 1 });
    expect(await fixture.metric('maglia_requests_total{door="memcached",command="read",outcome="done"} ')).toBe('1');
    expect(await fixture.metric('maglia_requests_total{door="memcached",command="read",outcome="miss"} ')).toBe('1');
  });

  test('a failure is neither a hit nor a miss (S3)', async () => {
    fixture.sessions.script = () => ({ kind: 'unavailable', code: 'DEADLINE' });
    await desk.answer(read('k'), TEXT);
    expect(fixture.counts.tally).toMatchObject({ cmd_get: 1, get_hits: 0, get_misses: 0 });
  });

  test('a life without end, which becomes the default one', async () => {
    fixture.sessions.script = () => answered({ kind: 'stored', cas: 1 });
    await desk.answer(store('set', 'k', 'x', 0), TEXT);
    await desk.answer(store('set', 'k', 'x', 5), TEXT);
    await desk.answer(touch('k', 0), TEXT);
    expect(await fixture.metric('maglia_ttl_defaulted_total ')).toBe('2');
  });
});

describe('PHP’s strict-mode probe', () => {
  const probe = store('add', `memc.sess.key.${FOREIGN}`, '', 2_678_400);

  test('asks whether the session is there, and creates nothing', async () => {
    fixture.sessions.script = () => answered({ kind: 'exists' });
    expect(await desk.answer(probe, TEXT)).toEqual({ kind: 'not-stored' });
    fixture.sessions.script = () => answered({ kind: 'not-found' });
    expect(await desk.answer(probe, TEXT)).toMatchObject({ kind: 'stored' });
    expect(fixture.sessions.asked.map((command) => command.kind === 'item' && command.operation)).toEqual([
      { kind: 'probe' },
      { kind: 'probe' },
    ]);
  });

  test('is never steered away', () => {
    expect(desk.answer(probe, TEXT)).toBeInstanceOf(Promise);
    expect(fixture.counts.tally.steered).toBe(0);
  });

  test('for a key of no known prefix is what it says: an add that is gone at once', () => {
    void desk.answer(store('add', 'other.prefix.x', '', 2_678_400), TEXT);
    expect(fixture.sessions.asked).toMatchObject([{ operation: { kind: 'store', mode: 'add', lifeSeconds: -1 } }]);
  });
});

describe('the add of a session with another node’s letter', () => {
  test('is answered as if the id were taken, without asking anybody', async () => {
    expect(desk.answer(store('add', DJANGO + FOREIGN, 'data'), TEXT)).toEqual({ kind: 'not-stored' });
    expect(fixture.sessions.asked).toEqual([]);
    expect(fixture.counts.tally).toMatchObject({ steered: 1, cmd_set: 1 });
    expect(await fixture.metric('maglia_steered_total ')).toBe('1');
  });

  test('goes through the third time where it is PHP’s placeholder', () => {
    for (const id of ['1', '2', '3'].map((end) => FOREIGN.slice(0, -1) + end)) {
      void desk.answer(store('add', `memc.sess.key.${id}`, '', 30), TEXT);
    }
    expect(fixture.sessions.asked).toMatchObject([{ id: `${FOREIGN.slice(0, -1)}3` }]);
  });

  test.each([
    ['steering is switched off', { isSteering: false }, TEXT, DJANGO + FOREIGN, 'add'],
    ['the client does not hear of it', {}, SILENT, DJANGO + FOREIGN, 'add'],
    ['the key has no known prefix', {}, TEXT, FOREIGN, 'add'],
    ['the id is local', {}, TEXT, `${DJANGO}b${DRAWN.slice(1)}`, 'add'],
    ['the node is alone', { letters: 'b' }, TEXT, DJANGO + FOREIGN, 'add'],
    ['it is a set', {}, TEXT, DJANGO + FOREIGN, 'set'],
  ] as const)('goes through where %s', (_, options, shape, key, mode) => {
    open(options);
    void desk.answer(store(mode, key, 'data'), shape);
    expect(fixture.sessions.asked).toHaveLength(1);
  });
});
