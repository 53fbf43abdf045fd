import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { LockReturns } from '../../../src/routing/lock-returns.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const DONE: Reply = { kind: 'done', id: 'b1', version: 1, ttlSeconds: 1 };
const LOST: Reply = { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' };

let clock: FakeClock;
let asked: SessionCommand[];
let waiting: ((reply: Reply) => void)[];
let logged: string[];
let returns: LockReturns;
/** Answers at once where it gives something, else waits. */
let answer: () => Reply | undefined;

beforeEach(() => {
  clock = new FakeClock();
  [asked, waiting, logged] = [[], [], []];
  answer = () => undefined;
  const log = pino({ base: {} }, { write: (line: string) => void logged.push(line) });
  const ask = (command: SessionCommand): Reply | Promise<Reply> => {
    asked.push(command);
    return answer() ?? new Promise((resolve) => waiting.push(resolve));
  };
  returns = new LockReturns({ ask, clock, log });
});

async function later(): Promise<void> {
  clock.advance(1);
  await settled();
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a lock that nobody uses any more', () => {
  test('goes back to its owner a little later', async () => {
    returns.giveBack('b1', 't1');
    expect(asked).toEqual([]);
    await later();
    expect(asked).toEqual([{ kind: 'unlock', id: 'b1', token: 't1' }]);
  });

  test('is asked to be given back three times where the answer is lost, and then is logged without its whole id', async () => {
    answer = () => LOST;
    returns.giveBack('b123456789', 't1');
    for (let turn = 0; turn < 5; turn += 1) await later();
    expect(asked).toHaveLength(3);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('OWNER_UNREACHABLE');
    expect(logged[0]).not.toContain('b123456789');
  });

  test('is left to its hold where something fails in a way it should not, and others go back', async () => {
    answer = () => {
      answer = () => DONE;
      throw new RangeError('a bug');
    };
    returns.giveBack('b1', 't1');
    returns.giveBack('b2', 't2');
    await later();
    expect(asked).toHaveLength(2);
    expect(logged.join('')).toContain('a bug');
  });
});

describe('what thousands of clients held', () => {
  test('is given back in slices, all owners together being asked for no more than a link takes', async () => {
    for (let session = 0; session < 200; session += 1) returns.giveBack(`b${session}`, `t${session}`);
    await later();
    expect(asked).toHaveLength(64);
    clock.advance(1000);
    expect(asked).toHaveLength(64);
    answer = () => DONE;
    for (const resolve of waiting) resolve(DONE);
    await settled();
    await later();
    expect(asked).toHaveLength(128);
    for (let turn = 0; turn < 5; turn += 1) await later();
    expect(asked).toHaveLength(200);
  });
});
