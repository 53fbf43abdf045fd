import { describe, expect, test } from 'vitest';
import { LinkBusyError, LinkDownError, type MagliaError } from '../../../src/errors.ts';
import { LinkQueue } from '../../../src/mesh/link-queue.ts';
import type { PeerRequest } from '../../../src/mesh/message.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letter } from '../../support/mesh-messages.ts';

type Execute = Extract<PeerRequest, { kind: 'execute' }>;

const BUDGET_MS = 235;
const MAX_BYTES = 10_000;

function execute(id: string, budgetMs = BUDGET_MS, command: SessionCommand = { kind: 'get', id }): Execute {
  return { kind: 'execute', route: 'owner', owner: letter('b'), incarnation: 1, budgetMs, command };
}

/** Of the command that leaves next. */
function nextId(queue: LinkQueue): string | undefined {
  const request = queue.next()?.request;
  return request?.kind === 'execute' ? request.command.id : undefined;
}

function set(bytes: number): Execute {
  const value = Buffer.alloc(bytes);
  const store = { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 0, isInvalidating: false, value } as const;
  return execute('b1', BUDGET_MS, { kind: 'item', id: 'b1', isSession: true, operation: store });
}

interface QueueSetup {
  readonly clock: FakeClock;
  readonly queue: LinkQueue;
  readonly failed: MagliaError[];
  readonly add: (request: PeerRequest) => boolean;
}

function setUp(): QueueSetup {
  const clock = new FakeClock();
  const queue = new LinkQueue(clock, MAX_BYTES);
  const failed: MagliaError[] = [];
  const asker = { onAnswer: () => undefined, onFailed: (error: MagliaError) => void failed.push(error) };
  return { clock, queue, failed, add: (request) => queue.add(request, clock.monotonic() + 250, asker) };
}

describe('what waits for room on a link', () => {
  test('leaves in the order in which it came, with its deadline and with what is left of its budget', () => {
    const { clock, queue, add } = setUp();
    add(execute('b1'));
    clock.advance(9.5);
    add(execute('b2'));
    clock.advance(20);
    expect(queue.next()).toMatchObject({
      request: { budgetMs: BUDGET_MS - 30, command: { id: 'b1' } },
      deadlineAt: 250,
    });
    expect(queue.next()).toMatchObject({ request: { budgetMs: BUDGET_MS - 20, command: { id: 'b2' } } });
    expect(queue.next()).toBeUndefined();
  });

  test('however much comes and goes', () => {
    const { queue, add } = setUp();
    const left: (string | undefined)[] = [];
    for (let n = 0; n < 30_000; n++) {
      if (!add(execute(`b${n}`))) throw new RangeError('full');
      if (n % 3 !== 0 || n > 29) left.push(nextId(queue));
    }
    while (queue.size > 0) left.push(nextId(queue));
    expect(left).toEqual(Array.from({ length: 30_000 }, (_, n) => `b${n}`));
  });

  test('S6 fails after half its time, as surely not sent, and so leaves the peer the other half', () => {
    const { clock, queue, failed, add } = setUp();
    add(execute('b1', 100));
    add(execute('b2', 200));
    clock.advance(49);
    expect(failed).toEqual([]);
    clock.advance(11);
    expect(failed).toEqual([expect.any(LinkBusyError)]);
    expect(nextId(queue)).toBe('b2');
  });

  test('a request without a budget waits for half the time until its deadline', () => {
    const { clock, queue, failed, add } = setUp();
    const collect: PeerRequest = { kind: 'collect', incarnation: 1, letter: letter('b'), account: 1, cursor: 0 };
    add(collect);
    clock.advance(120);
    expect(queue.next()?.request).toEqual(collect);
    add(collect);
    clock.advance(140);
    expect(failed).toEqual([expect.any(LinkBusyError)]);
    expect(queue.size).toBe(0);
  });

  test('S6 is not sent too late either, where time has run out and no timer has said so yet', () => {
    const { clock, queue, failed, add } = setUp();
    add(execute('b1', 1));
    clock.stopFor(0.5);
    expect(queue.next()).toBeUndefined();
    expect(failed).toEqual([expect.any(LinkBusyError)]);
  });

  test('S6 is bounded in bytes, of which each takes half a KiB and its payload', () => {
    const { queue, add } = setUp();
    expect([set(9000), set(9000), execute('b1')].map((request) => add(request))).toEqual([true, true, false]);
    expect(queue.size).toBe(2);
    queue.next();
    queue.next();
    const taken = Array.from({ length: 30 }, (_, n) => add(execute(`b${n}`))).filter(Boolean).length;
    expect(taken).toBe(Math.ceil(MAX_BYTES / 512));
  });

  test('gives its room back when its time is up', () => {
    const { clock, add } = setUp();
    add(set(MAX_BYTES));
    expect(add(execute('b2'))).toBe(false);
    clock.advance(BUDGET_MS / 2 + 10);
    expect(add(execute('b2'))).toBe(true);
  });

  test('fails when there is no link any more, and leaves no timer behind', () => {
    const { clock, queue, failed, add } = setUp();
    add(execute('b1'));
    add(execute('b2'));
    queue.failAll(() => new LinkDownError('the link was lost'));
    expect(failed).toEqual([expect.any(LinkDownError), expect.any(LinkDownError)]);
    expect([queue.size, clock.pending]).toEqual([0, 0]);
    add(execute('b3'));
    queue.next();
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });
});
