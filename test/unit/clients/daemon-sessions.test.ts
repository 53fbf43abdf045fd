import { describe, expect, test } from 'vitest';
import { DaemonRefusedError, DaemonSilentError } from '../../../src/clients/client-errors.ts';
import type { DaemonAnswer, DaemonCall } from '../../../src/clients/daemon-client.ts';
import { DaemonSessions, LongestLife } from '../../../src/clients/daemon-sessions.ts';

const ID = `a${'0'.repeat(26)}`;
const never = new AbortController().signal;

function refusal(code: string, status: number): DaemonAnswer {
  return { status, text: JSON.stringify({ code, message: `why ${code}` }) };
}

const IN_DOUBT = refusal('IN_DOUBT', 504);
const STORE_UNAVAILABLE = refusal('STORE_UNAVAILABLE', 503);
const WRITTEN: DaemonAnswer = { status: 200, text: JSON.stringify({ id: ID, version: 2 }) };
const SESSION = { id: ID, version: 1, ttlSeconds: 60, data: { a: 1 } };
const OPENED: DaemonAnswer = { status: 200, text: JSON.stringify({ state: 'found', ...SESSION }) };
const MINTED: DaemonAnswer = { status: 201, text: JSON.stringify({ id: ID, version: 1 }) };
const GONE: DaemonAnswer = {
  status: 404,
  text: JSON.stringify({ code: 'SESSION_MISS', message: '', reason: 'destroyed' }),
};

/** A daemon that gives these answers, one after the other. */
function daemon(...answers: (DaemonAnswer | Error)[]): { sessions: DaemonSessions; calls: DaemonCall[] } {
  const calls: DaemonCall[] = [];
  const client = {
    call: (call: DaemonCall): Promise<DaemonAnswer> => {
      calls.push(call);
      const answer = answers[calls.length - 1];
      if (answer === undefined) throw new RangeError('asked too often');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return { sessions: new DaemonSessions(client, new LongestLife(() => undefined)), calls };
}

type Ask = (sessions: DaemonSessions) => Promise<unknown>;

/** What comes to the same, done once or twice. */
const REPEATABLE: [string, Ask, DaemonAnswer][] = [
  ['open', (sessions) => sessions.open(ID, never), OPENED],
  ['get', (sessions) => sessions.get(ID, never), OPENED],
  ['mint', (sessions) => sessions.mint(never), MINTED],
  ['touch', (sessions) => sessions.touch(ID, 60, never), WRITTEN],
  ['destroy', (sessions) => sessions.destroy(ID, never), GONE],
];

const WRITES: [string, Ask, DaemonAnswer][] = [
  ['patch', (sessions) => sessions.patch(ID, { a: 2 }, 60, never), WRITTEN],
  ['put', (sessions) => sessions.put(ID, { a: 2 }, 60, never), WRITTEN],
  ['putIf', (sessions) => sessions.putIf(1, ID, { a: 2 }, 60, never), WRITTEN],
];

describe('a daemon that could not do it', () => {
  test.each(REPEATABLE)('and is in doubt is asked for %s once more, in the same words', async (_, ask, answer) => {
    const { sessions, calls } = daemon(IN_DOUBT, answer);
    await ask(sessions);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toEqual(calls[0]);
  });

  test.each(WRITES)('and is in doubt is not asked for %s again: others may have written since', async (_, ask) => {
    const { sessions, calls } = daemon(IN_DOUBT);
    await expect(ask(sessions)).rejects.toMatchObject({ code: 'IN_DOUBT', statusCode: 503 });
    expect(calls).toHaveLength(1);
  });

  test.each([...REPEATABLE, ...WRITES])('and surely did nothing is asked for %s once more', async (_, ask, answer) => {
    const { sessions, calls } = daemon(STORE_UNAVAILABLE, answer);
    await ask(sessions);
    expect(calls[1]).toEqual(calls[0]);
  });

  test('twice says so, and is not asked a third time', async () => {
    const { sessions, calls } = daemon(STORE_UNAVAILABLE, STORE_UNAVAILABLE);
    await expect(sessions.open(ID, never)).rejects.toThrow(DaemonRefusedError);
    expect(calls).toHaveLength(2);
  });

  test('and has waited for the verdict on an owner is not asked to wait again', async () => {
    const { sessions, calls } = daemon(refusal('OWNER_UNREACHABLE', 503));
    await expect(sessions.open(ID, never)).rejects.toMatchObject({ code: 'OWNER_UNREACHABLE' });
    expect(calls).toHaveLength(1);
  });

  test('in time for a second call is told by what it said, not by the silence after it', async () => {
    const { sessions } = daemon(IN_DOUBT, new DaemonSilentError('no answer before the deadline'));
    await expect(sessions.touch(ID, 60, never)).rejects.toMatchObject({ code: 'IN_DOUBT' });
  });

  test('first in doubt, and then refusing, stays in doubt: the first may have been done', async () => {
    const { sessions } = daemon(IN_DOUBT, STORE_UNAVAILABLE);
    await expect(sessions.destroy(ID, never)).rejects.toMatchObject({ code: 'IN_DOUBT' });
  });

  test('when the time is over is not asked again', async () => {
    const over = new AbortController();
    over.abort();
    const { sessions, calls } = daemon(IN_DOUBT);
    await expect(sessions.open(ID, over.signal)).rejects.toMatchObject({ code: 'IN_DOUBT' });
    expect(calls).toHaveLength(1);
  });
});

const DEADLINE = new AbortController().signal;

/** A daemon that gives no life longer than `most`. */
class StrictDaemon {
  readonly lives: number[] = [];
  readonly warnings: string[] = [];
  readonly sessions: DaemonSessions;
  most = 3600;

  constructor() {
    const longestLife = new LongestLife((text) => this.warnings.push(text));
    this.sessions = new DaemonSessions({ call: (call) => Promise.resolve(this.#answer(call)) }, longestLife);
  }

  #answer({ body }: DaemonCall): DaemonAnswer {
    const { ttlSeconds } = body as { ttlSeconds: number };
    this.lives.push(ttlSeconds);
    if (ttlSeconds <= this.most) return { status: 200, text: '{"version":2}' };
    const refusal = { code: 'INVALID_REQUEST', message: 'too long', field: 'ttlSeconds', most: this.most };
    return { status: 400, text: JSON.stringify(refusal) };
  }
}

describe('a life longer than the daemon gives', () => {
  test.each<[string, (sessions: DaemonSessions) => Promise<unknown>]>([
    ['patch', (sessions) => sessions.patch(ID, {}, 7200, DEADLINE)],
    ['put', (sessions) => sessions.put(ID, {}, 7200, DEADLINE)],
    ['put under a condition', (sessions) => sessions.putIf(1, ID, {}, 7200, DEADLINE)],
    ['touch', (sessions) => sessions.touch(ID, 7200, DEADLINE)],
  ])('is cut to what it says, by %s', async (_name, write) => {
    const daemon = new StrictDaemon();
    expect(await write(daemon.sessions)).toEqual({ kind: 'written', version: 2 });
    expect(daemon.lives).toEqual([7200, 3600]);
  });

  test('is said once, and asked for once', async () => {
    const daemon = new StrictDaemon();
    for (let n = 0; n < 3; n += 1) await daemon.sessions.touch(ID, 7200, DEADLINE);
    expect(daemon.lives).toEqual([7200, 3600, 3600, 3600]);
    expect(daemon.warnings).toEqual([expect.stringContaining('7200 seconds; the maglia daemon gives at most 3600')]);
  });

  test('is cut further where another daemon gives less', async () => {
    const daemon = new StrictDaemon();
    await daemon.sessions.touch(ID, 7200, DEADLINE);
    daemon.most = 60;
    await daemon.sessions.touch(ID, 7200, DEADLINE);
    expect(daemon.lives).toEqual([7200, 3600, 3600, 60]);
  });

  test('is cut without asking where no daemon can be told to give it', async () => {
    const daemon = new StrictDaemon();
    daemon.most = Infinity;
    await daemon.sessions.touch(ID, 1e12, DEADLINE);
    expect(daemon.lives).toEqual([315_360_000]);
    expect(daemon.warnings).toHaveLength(1);
  });

  test('one that it gives is not cut, and nothing is said', async () => {
    const daemon = new StrictDaemon();
    await daemon.sessions.touch(ID, 3600, DEADLINE);
    expect(daemon.lives).toEqual([3600]);
    expect(daemon.warnings).toEqual([]);
  });
});
