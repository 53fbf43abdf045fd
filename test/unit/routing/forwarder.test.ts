import { describe, expect, test } from 'vitest';
import {
  AnswerTooLongError,
  FrameError,
  FrameTooLongError,
  LinkBusyError,
  LinkDownError,
  LinkLostError,
} from '../../../src/errors.ts';
import { Forwarder, type Forwarded, type Passage } from '../../../src/routing/forwarder.ts';
import { lockWaitMs, type SessionCommand } from '../../../src/session/command.ts';
import { FAILURE_CODES, REFUSAL_CODES, type Reply } from '../../../src/session/reply.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { json } from '../engine/engine-setup.ts';
import { a, b, c, ScriptedLinks, type Scripted, type ScriptedLink } from '../membership/membership-setup.ts';
import { mapOf } from '../session/letters.ts';
import { found, idOf, LIFE, replying } from './node-setup.ts';

const ID = idOf(b);
const READ: SessionCommand = { kind: 'get', id: ID };
const WRITE: SessionCommand = { kind: 'put', id: ID, content: json({ n: 1 }) };

/** The peer answers this much before we give up on it. */
const MARGIN_MS = 15;

interface ForwarderSetup {
  readonly link: ScriptedLink;
  readonly clock: FakeClock;
  readonly counted: unknown[];
  readonly forward: (command?: SessionCommand, passage?: Partial<Passage>) => Promise<Forwarded>;
}

/** From node a to b, with 250 ms to go. */
function setUp(answer: Scripted | ((...asked: Parameters<ScriptedLink['answer']>) => Scripted)): ForwarderSetup {
  const clock = new FakeClock();
  clock.advance(1000);
  const links = new ScriptedLinks(a, mapOf('abc'), clock);
  const link = links.to(b);
  link.answer = typeof answer === 'function' ? answer : () => answer;
  const counted: unknown[] = [];
  const count = (name: string, labels: unknown): void => void counted.push([name, labels]);
  const forwarder = new Forwarder({ links: links.asPart, clock, metrics: { count }, inFlightPerLink: 16 });
  const passage = { via: b, route: 'owner', owner: b, incarnation: LIFE, deadlineAt: 1250 } as const;
  return {
    ...{ link, clock, counted },
    forward: (command = READ, changes = {}) => forwarder.forward(command, { ...passage, ...changes }),
  };
}

describe('a command that is forwarded', () => {
  test('says who shall answer, in which life, and how long that may take', async () => {
    const { link, forward } = setUp(replying(found(ID)));
    await forward(WRITE, { route: 'relay', owner: c, incarnation: 77 });
    expect(link.asked).toEqual([
      {
        request: {
          ...{ kind: 'execute', route: 'relay', owner: c, incarnation: 77 },
          ...{ budgetMs: 250 - MARGIN_MS, command: WRITE },
        },
        at: 1000,
        deadlineAt: 1250,
      },
    ]);
  });

  test('has a whole number of milliseconds, and none that are not left', async () => {
    const { link, forward } = setUp(replying(found(ID)));
    await forward(READ, { deadlineAt: 1100.9 });
    expect(link.requests('execute')[0]?.budgetMs).toBe(100 - MARGIN_MS);
  });

  test('is not sent where the peer could not answer in time: surely not done', async () => {
    const { link, counted, forward } = setUp(replying(found(ID)));
    await expect(forward(WRITE, { deadlineAt: 1000 + MARGIN_MS })).resolves.toEqual({ kind: 'again' });
    expect(link.asked).toEqual([]);
    expect(counted).toEqual([]);
    await expect(forward(WRITE, { deadlineAt: 1001 + MARGIN_MS })).resolves.toMatchObject({ kind: 'answered' });
    expect(link.requests('execute')[0]?.budgetMs).toBe(1);
  });
});

describe('S6 bounded: waits for locks, of 16 requests that may be in flight', () => {
  const WAIT: SessionCommand = { kind: 'lock', id: ID, waitMs: 700, holdMs: 0, holder: a };
  const OPEN: SessionCommand = { kind: 'open', id: ID, lock: { waitMs: 700, token: 't' } };

  function waitsOf(link: ScriptedLink): number[] {
    return link.requests('execute').map(({ command }) => lockWaitMs(command));
  }

  test('four are begun; whoever comes then has the lock at once or not at all, and is counted', async () => {
    const { link, counted, forward } = setUp('silence');
    for (const command of [WAIT, OPEN, WAIT, OPEN, WAIT, OPEN]) void forward(command);
    await Promise.resolve();
    expect(waitsOf(link)).toEqual([700, 700, 700, 700, 0, 0]);
    expect(link.requests('execute').at(-1)?.command).toEqual({ kind: 'open', id: ID, lock: { waitMs: 0, token: 't' } });
    expect(counted).toEqual(Array(2).fill(['lockWaitsRefused', { peer: b }]));
    void forward(READ);
    expect(link.requests('execute').at(-1)?.command).toEqual(READ);
  });

  test.each<[string, Parameters<typeof setUp>[0]]>([
    ['answered', replying({ kind: 'refused', code: 'LOCK_TIMEOUT' })],
    ['lost', new LinkLostError('the link was lost')],
    ['not sent', new LinkDownError('no link to b')],
  ])('those that were %s do not count any more', async (_, answer) => {
    const { link, forward } = setUp(answer);
    for (let n = 0; n < 10; n += 1) await forward(WAIT);
    expect(waitsOf(link)).toEqual(Array(10).fill(700));
  });
});

describe('what the peer replies', () => {
  const finals: Reply[] = [
    found(ID),
    { kind: 'moved', to: idOf(c) },
    { kind: 'miss', reason: 'expired' },
    ...REFUSAL_CODES.map((code): Reply => ({ kind: 'refused', code })),
    ...FAILURE_CODES.map((code): Reply => ({ kind: 'in-doubt', code })),
  ];

  test.each(finals)('%j is the answer', async (reply) => {
    const { forward, counted } = setUp(replying(reply));
    await expect(forward(WRITE)).resolves.toEqual({ kind: 'answered', reply });
    expect(counted).toEqual([['forwards', { peer: b, route: 'owner', outcome: 'answered' }]]);
  });

  test.each(FAILURE_CODES)('unavailable, %s: asked again only where things are about to change', async (code) => {
    const { forward } = setUp(replying({ kind: 'unavailable', code }));
    const isPassing = ['STALE_INCARNATION', 'OWNER_UNREACHABLE', 'JOINING'].includes(code);
    const { kind } = await forward(WRITE);
    expect(kind).toBe(isPassing ? 'again' : 'answered');
  });
});

describe('a forward that fails', () => {
  test('S3 where nothing was sent, it may be tried again, a write as well', async () => {
    const { forward, counted } = setUp(new LinkDownError('no link to b'));
    await expect(forward(WRITE)).resolves.toEqual({ kind: 'again' });
    expect(counted).toEqual([['forwards', { peer: b, route: 'owner', outcome: 'not-sent' }]]);
  });

  test('S6 where too many are in flight, that is the answer: surely not done', async () => {
    const { forward, counted } = setUp(new LinkBusyError('256 requests to b are unanswered'));
    await expect(forward(WRITE)).resolves.toEqual({
      kind: 'answered',
      reply: { kind: 'unavailable', code: 'PEER_BACKPRESSURE' },
    });
    expect(counted).toEqual([['forwards', { peer: b, route: 'owner', outcome: 'not-sent' }]]);
  });

  test('a read that was sent and lost is asked again', async () => {
    for (const read of [READ, { kind: 'open', id: ID } as const]) {
      const { forward, counted } = setUp(new LinkLostError('the link was lost'));
      await expect(forward(read)).resolves.toEqual({ kind: 'again' });
      expect(counted).toEqual([['forwards', { peer: b, route: 'owner', outcome: 'lost' }]]);
    }
  });

  test('S3 a write that was sent and lost is in doubt, and so is all that leaves a trace', async () => {
    const commands: SessionCommand[] = [
      WRITE,
      { kind: 'open', id: ID, lock: { waitMs: 0 } },
      { kind: 'keep', id: ID, content: json({}) },
      { kind: 'patch', id: ID, patch: Buffer.from('{}') },
      { kind: 'touch', id: ID },
      { kind: 'rotate', id: ID },
      { kind: 'destroy', id: ID },
      { kind: 'unlock', id: ID, token: 't' },
      { kind: 'succeed', id: ID, successor: idOf(a) },
    ];
    for (const command of commands) {
      const { forward } = setUp(new LinkLostError('the link was lost'));
      await expect(forward(command)).resolves.toEqual({
        kind: 'answered',
        reply: { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' },
      });
    }
  });

  const TOO_LARGE = { kind: 'answered', reply: { kind: 'refused', code: 'TOO_LARGE' } };

  test('S3 a write that is longer than the peer takes is refused: surely not done', async () => {
    const { forward, counted } = setUp(new FrameTooLongError('a frame would have 9 bytes'));
    await expect(forward(WRITE)).resolves.toEqual(TOO_LARGE);
    expect(counted).toEqual([['forwards', { peer: b, route: 'owner', outcome: 'not-sent' }]]);
  });

  test('S3 where the answer is longer than we take, a read is refused, and what leaves a trace is in doubt', async () => {
    const { forward, counted } = setUp(new AnswerTooLongError('an answer of b is too long'));
    await expect(forward(READ)).resolves.toEqual(TOO_LARGE);
    await expect(forward({ kind: 'open', id: ID, lock: { waitMs: 0 } })).resolves.toEqual({
      kind: 'answered',
      reply: { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' },
    });
    expect(counted).toEqual(Array(2).fill(['forwards', { peer: b, route: 'owner', outcome: 'answered' }]));
  });

  test('S6 a peer that does not answer is waited for until the deadline', async () => {
    const { forward, clock } = setUp('silence');
    const seen: { outcome?: Forwarded } = {};
    void forward(WRITE).then((outcome) => (seen.outcome = outcome));
    await clock.advanceSettling(249);
    expect(seen.outcome).toBeUndefined();
    await clock.advanceSettling(1);
    expect(seen.outcome).toMatchObject({ reply: { kind: 'in-doubt' } });
  });

  test('what cannot be sent at all, or is nobody\u2019s failure, is the caller\u2019s to know', async () => {
    const { forward: forwardFrame } = setUp(new FrameError('a text field has 300 bytes; at most 255 can be sent'));
    await expect(forwardFrame()).rejects.toThrow(FrameError);
    const { forward } = setUp(() => Promise.reject(new TypeError('a bug')));
    await expect(forward()).rejects.toThrow('a bug');
  });
});
