import { describe, expect, test } from 'vitest';
import type { DaemonAnswer, DaemonCall } from '../../../src/clients/daemon-client.ts';
import { DaemonSessions } from '../../../src/clients/daemon-sessions.ts';
import { LongestLife } from '../../../src/clients/longest-life.ts';

const ID = `a${'0'.repeat(26)}`;
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
