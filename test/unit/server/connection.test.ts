import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/protocol/command.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import type { Reply } from '../../../src/protocol/reply.ts';
import { ClientConnection, type ConnectionLimits, type CutReason } from '../../../src/server/connection.ts';
import { DoorCounts } from '../../../src/server/door-counts.ts';
import { LoopShare } from '../../../src/server/loop-share.ts';
import { FakeClient, turns } from '../../support/fake-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMITS: ConnectionLimits = {
  requests: 8,
  bytes: 65_536,
  stallMs: 30_000,
  idleMs: 0,
  lingerMs: 1000,
  protocol: { ...DEFAULT_LIMITS, itemBytes: 100_000 },
};

/** A desk that answers when the test says so; `local` ones at once. */
class ScriptedDesk {
  readonly commands: Command[] = [];
  isStranger = false;
  isTurnedAway = false;
  isClosed = false;
  answerAtOnce: (command: Command) => Reply | undefined = () => undefined;
  readonly #waiting: ((reply: Reply | Error) => void)[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  isBarrier(command: Command): boolean {
    return command.kind === 'stats';
  }

  answer(command: Command): Reply | Promise<Reply> {
    this.commands.push(command);
    const reply = this.answerAtOnce(command);
    if (reply !== undefined) return reply;
    return new Promise((resolve, reject) => {
      this.#waiting.push((late) => {
        if (late instanceof Error) reject(late);
        else resolve(late);
      });
    });
  }

  /** Answers the `index`th of those that wait. */
  async fill(index: number, reply: Reply | Error): Promise<void> {
    this.#waiting.splice(index, 1)[0]?.(reply);
    await turns();
  }

  close(): void {
    this.isClosed = true;
  }
}

const STORED: Reply = { kind: 'stored', cas: 1 };
const MISS: Reply = { kind: 'miss' };

function hit(value: string | Buffer): Reply {
  return { kind: 'hit', value: Buffer.from(value), flags: 0, cas: 1 };
}

let client: FakeClient;
let desk: ScriptedDesk;
let clock: FakeClock;
let counts: DoorCounts;
let connection: ClientConnection;
let cuts: CutReason[];
let heldBytes: number;
let closedTimes: number;

function connect(limits: Partial<ConnectionLimits> = {}, isStranger = false): void {
  client = new FakeClient();
  desk = new ScriptedDesk();
  desk.isStranger = isStranger;
  clock = new FakeClock();
  counts = new DoorCounts();
  cuts = [];
  heldBytes = 0;
  closedTimes = 0;
  connection = new ClientConnection(client.socket, {
    ...{ desk, clock, counts, loop: new LoopShare() },
    limits: { ...LIMITS, ...limits },
    owner: {
      onHeldBytes: (change) => (heldBytes += change),
      onCut: (reason) => cuts.push(reason),
      onClosed: () => (closedTimes += 1),
    },
  });
}

beforeEach(() => connect());

afterEach(() => {
  connection.destroy();
  expect(heldBytes).toBe(0);
  expect(closedTimes).toBe(1);
  expect(desk.isClosed).toBe(true);
});

async function send(bytes: string | Buffer): Promise<void> {
  client.send(bytes);
  await turns();
}

describe('replies', () => {
  test('leave in the order of the requests, whoever is answered first (S0)', async () => {
    await send('get a\r\nget b\r\nset c 0 0 1\r\nx\r\n');
    await desk.fill(1, hit('B'));
    await desk.fill(1, STORED);
    expect(client.received).toBe('');
    await desk.fill(0, hit('A'));
    expect(client.received).toBe('VALUE a 0 1\r\nA\r\nEND\r\nVALUE b 0 1\r\nB\r\nEND\r\nSTORED\r\n');
  });

  test('of one turn leave in one write', async () => {
    desk.answerAtOnce = () => STORED;
    await send('set a 0 0 1\r\nx\r\nset b 0 0 1\r\ny\r\nversion\r\nnonsense\r\n');
    expect(client.writes).toBe(1);
    expect(client.received).toBe('STORED\r\nSTORED\r\nSTORED\r\nERROR\r\n');
  });

  test('to silent requests are none', async () => {
    await send('set a 0 0 1 noreply\r\nx\r\nget a\r\n');
    await desk.fill(0, STORED);
    await desk.fill(0, MISS);
    expect(client.received).toBe('END\r\n');
  });

  test('are counted, as are the requests', async () => {
    await send('get a\r\n');
    await desk.fill(0, MISS);
    expect(counts.tally).toMatchObject({ bytes_read: 7, bytes_written: 5 });
  });

  test('keep their places in any order of the answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...Array(8).keys()], { minLength: 8 }), async (order) => {
        connect();
        await send([...Array(8).keys()].map((index) => `get k${index}\r\n`).join(''));
        const left = [...Array(8).keys()];
        for (const index of order) {
          await desk.fill(left.indexOf(index), hit(String(index)));
          left.splice(left.indexOf(index), 1);
        }
        const values = [...client.received.matchAll(/VALUE k(\d) 0 1\r\n(\d)\r\nEND\r\n/g)];
        expect(values.map(([, key, value]) => `${key ?? ''}${value ?? ''}`)).toEqual(
          [...Array(8).keys()].map((index) => `${index}${index}`),
        );
        connection.destroy();
        connect();
      }),
      { numRuns: 20 },
    );
  });
});

describe('a get of several keys', () => {
  test('is fanned out and coalesced in order', async () => {
    await send('get a b c\r\n');
    expect(desk.commands).toMatchObject([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    await desk.fill(2, hit('C'));
    await desk.fill(1, MISS);
    await desk.fill(0, hit('A'));
    expect(client.received).toBe('VALUE a 0 1\r\nA\r\nVALUE c 0 1\r\nC\r\nEND\r\n');
  });

  test('fails when one key cannot be answered: never a silent miss (S3)', async () => {
    await send('get a b c\r\nget d\r\n');
    await desk.fill(0, MISS);
    await desk.fill(0, { kind: 'server-error', code: 'OWNER_UNREACHABLE', text: 'x' });
    await desk.fill(0, hit('C'));
    await desk.fill(0, hit('D'));
    expect(client.received).toBe('SERVER_ERROR OWNER_UNREACHABLE x\r\nVALUE d 0 1\r\nD\r\nEND\r\n');
  });

  test('of more keys than may be under way goes on as they are answered', async () => {
    desk.answerAtOnce = (command) => (command.kind === 'version' ? { kind: 'version', version: '1' } : undefined);
    const keys = [...Array(20).keys()].map((index) => `k${index}`);
    await send(`get ${keys.join(' ')}\r\nversion\r\n`);
    expect(desk.commands).toHaveLength(8);
    for (let answered = 0; answered < 20; answered += 1) await desk.fill(0, hit('x'));
    expect(client.received).toBe(`${keys.map((key) => `VALUE ${key} 0 1\r\nx\r\n`).join('')}END\r\nVERSION 1\r\n`);
  });

  test('without a key is answered, however many there are', async () => {
    await send('gat 0\r\n'.repeat(5000));
    await turns(200);
    expect(client.received).toBe('END\r\n'.repeat(5000));
  });
});

describe('requests', () => {
  test('that are too many at once are left on the wire until others are answered', async () => {
    await send('get k\r\n'.repeat(20));
    expect(desk.waiting).toBe(8);
    expect(client.socket.isPaused()).toBe(true);
    for (let answered = 0; answered < 20; answered += 1) await desk.fill(0, MISS);
    expect(client.received).toBe('END\r\n'.repeat(20));
    expect(client.socket.isPaused()).toBe(false);
  });

  test('that need nobody else are so many a turn, and no more', async () => {
    desk.answerAtOnce = () => ({ kind: 'ok' });
    client.send('mn\r\n'.repeat(1000));
    await turns(2);
    expect(desk.commands.length).toBeLessThanOrEqual(256);
    await turns(20);
    expect(client.received).toBe('MN\r\n'.repeat(1000));
  });

  test('that must be alone wait for those before, and those after wait for them', async () => {
    await send('get a\r\nstats\r\nget b\r\n');
    expect(desk.commands.map(({ kind }) => kind)).toEqual(['read']);
    await desk.fill(0, MISS);
    expect(desk.commands.map(({ kind }) => kind)).toEqual(['read', 'stats']);
    await desk.fill(0, { kind: 'stats', stats: [['a', '1']] });
    expect(desk.commands.map(({ kind }) => kind)).toEqual(['read', 'stats', 'read']);
    await desk.fill(0, MISS);
    expect(client.received).toBe('END\r\nSTAT a 1\r\nEND\r\nEND\r\n');
  });

  test('come in any pieces', async () => {
    const bytes = 'set k 0 0 3\r\nabc\r\nget k j\r\nmn\r\n';
    for (let at = 1; at < bytes.length; at += 1) {
      connect();
      desk.answerAtOnce = ({ kind }) => (kind === 'store' ? STORED : kind === 'read' ? hit('abc') : { kind: 'ok' });
      await send(bytes.slice(0, at));
      await send(bytes.slice(at));
      expect(client.received).toBe('STORED\r\nVALUE k 0 3\r\nabc\r\nVALUE j 0 3\r\nabc\r\nEND\r\nMN\r\n');
      connection.destroy();
    }
    connect();
  });

  test('that are held are known, and no longer once they are answered', async () => {
    await send(`set k 0 0 50000\r\n${'x'.repeat(30_000)}`);
    expect(connection.heldBytes).toBeGreaterThanOrEqual(30_000);
    expect(heldBytes).toBe(connection.heldBytes);
    await send(`${'x'.repeat(20_000)}\r\n`);
    expect(connection.heldBytes).toBeGreaterThanOrEqual(50_000);
    await desk.fill(0, STORED);
    expect(heldBytes).toBe(0);
  });
});

describe('the end', () => {
  test('after quit, what came before is answered, then the connection closes', async () => {
    await send('get a\r\nquit\r\nget b\r\n');
    desk.answerAtOnce = () => undefined;
    expect(client.sawEnd).toBe(false);
    await desk.fill(0, hit('A'));
    await desk.fill(0, { kind: 'ok' });
    expect(client.received).toBe('VALUE a 0 1\r\nA\r\nEND\r\n');
    expect(client.sawEnd).toBe(true);
    expect(desk.commands.map(({ kind }) => kind)).toEqual(['read', 'quit']);
  });

  test('after a client’s last request, it is still answered', async () => {
    client.send('get a\r\nget b\r\n');
    client.end();
    await turns();
    await desk.fill(0, MISS);
    expect(client.sawEnd).toBe(false);
    await desk.fill(0, hit('B'));
    expect(client.received).toBe('END\r\nVALUE b 0 1\r\nB\r\nEND\r\n');
    expect(client.sawEnd).toBe(true);
  });

  test('many requests and no more are all answered', async () => {
    client.send('get k\r\n'.repeat(50));
    client.end();
    await turns();
    for (let answered = 0; answered < 50; answered += 1) await desk.fill(0, MISS);
    expect(client.received).toBe('END\r\n'.repeat(50));
    expect(client.sawEnd).toBe(true);
  });

  test('of half a request is no request', async () => {
    client.send('set k 0 0 10\r\nabc');
    client.end();
    await turns();
    expect(client.sawEnd).toBe(true);
    expect(desk.commands).toEqual([]);
  });

  test('comes after bytes of which nobody knows what they are', async () => {
    await send('set k 0 0 3\r\nabcdef\r\nget k\r\n');
    expect(client.received).toBe('CLIENT_ERROR bad data chunk\r\n');
    expect(client.sawEnd).toBe(true);
    expect(desk.commands).toEqual([]);
  });

  test('for whoever is turned away comes when it was told', async () => {
    desk.answerAtOnce = () => {
      desk.isTurnedAway = true;
      return { kind: 'auth-failed' };
    };
    await send('set a 0 0 1\r\nx\r\nget b\r\n');
    expect(client.received).toBe('CLIENT_ERROR authentication failure\r\n');
    expect(client.sawEnd).toBe(true);
    expect(desk.commands).toHaveLength(1);
  });

  test('when the door closes: what was begun is answered, nothing more is begun', async () => {
    await send('get a\r\n');
    connection.finish();
    await send('get b\r\n');
    expect(client.sawEnd).toBe(false);
    await desk.fill(0, hit('A'));
    expect(client.received).toBe('VALUE a 0 1\r\nA\r\nEND\r\n');
    expect(client.sawEnd).toBe(true);
    expect(desk.commands).toHaveLength(1);
  });

  test('of an idle connection, when the door closes, comes at once', () => {
    connection.finish();
    expect(client.socket.destroyed).toBe(true);
  });

  test('is not put off by a client that keeps sending', async () => {
    await send('quit\r\n');
    await desk.fill(0, { kind: 'ok' });
    for (let second = 0; second < 3; second += 1) {
      await send('x'.repeat(1000));
      clock.advance(1000);
      connection.check();
    }
    expect(client.socket.destroyed).toBe(true);
    expect(cuts).toEqual([]);
  });

  test('leaves what is answered later unsaid', async () => {
    await send('get a\r\n');
    connection.destroy();
    await desk.fill(0, hit('A'));
    expect(client.received).toBe('');
  });
});

describe('a client that does not read', () => {
  test('has no more requests begun, and is cut off after a while', async () => {
    client.stopReading();
    desk.answerAtOnce = () => hit('x'.repeat(40_000));
    await send('get k\r\n'.repeat(10));
    expect(desk.commands.length).toBeLessThanOrEqual(3);
    expect(heldBytes).toBeLessThan(200_000);
    connection.check();
    clock.advance(29_999);
    connection.check();
    expect(cuts).toEqual([]);
    clock.advance(1);
    connection.check();
    expect(cuts).toEqual(['stalled']);
    expect(client.socket.destroyed).toBe(true);
    expect(heldBytes).toBe(0);
  });

  test('and then reads on, gets everything', async () => {
    client.stopReading();
    desk.answerAtOnce = () => hit('x'.repeat(40_000));
    await send('get k\r\n'.repeat(10));
    for (let step = 0; step < 10; step += 1) {
      client.readOn();
      await turns();
    }
    expect(client.received.match(/END/g)).toHaveLength(10);
  });
});

describe('a client that sends half a request and stops', () => {
  test('is cut off after a while', async () => {
    await send('set k 0 0 10\r\nabc');
    clock.advance(29_999);
    connection.check();
    expect(cuts).toEqual([]);
    clock.advance(1);
    connection.check();
    expect(cuts).toEqual(['stalled']);
  });

  test('is not, while it waits for an answer of ours', async () => {
    await send('get a\r\nge');
    clock.advance(100_000);
    connection.check();
    expect(cuts).toEqual([]);
  });
});

test('an idle client is closed where that is limited, and only there', () => {
  clock.advance(1e9);
  connection.check();
  expect(client.socket.destroyed).toBe(false);
  connection.destroy();
  connect({ idleMs: 5000 });
  clock.advance(5000);
  connection.check();
  expect(cuts).toEqual(['idle']);
});

describe('random bytes', () => {
  const words = fc.constantFrom(
    ...[
      'get ',
      'set k 0 0 ',
      'gat ',
      'ms k ',
      'mg k v',
      'quit',
      'stats',
      'k',
      ' ',
      '\r\n',
      '\n',
      '5',
      '99999',
      '-1',
      '\0',
    ],
    ...['\x80\x01\x00\x01\x08\x00\x00\x00\x00\x00\x00\x0c', '\x80\x0a', '\x00\x00\x00\x00', 'HTTP/1.1', '\xff'],
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.array(words, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );

  test('never break it, nor make it hold more than they may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 8 }), async (chunks) => {
        connection.destroy();
        connect({
          protocol: { itemBytes: 1000, lineBytes: 200, readLineBytes: 400, readKeys: 50, credentialBytes: 200 },
        });
        desk.answerAtOnce = (command) => (command.kind === 'read' ? MISS : STORED);
        for (const chunk of chunks) {
          await send(chunk);
          expect(heldBytes).toBeLessThanOrEqual(1500);
        }
        expect(cuts).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a client that has still to say who it is', () => {
  beforeEach(() => {
    connection.destroy();
    connect({}, true);
    desk.answerAtOnce = () => ({ kind: 'ok' });
  });

  test('is not waited for where it announces more than 1 KiB', async () => {
    await send(`set x 0 0 ${1024 * 1024}\r\n`);
    expect(desk.commands).toMatchObject([{ kind: 'oversized', key: 'x' }]);
    expect(heldBytes).toBe(0);
  });

  test('cannot have a long line held either', async () => {
    await send(`get ${'k '.repeat(600)}`);
    expect(desk.commands).toEqual([]);
    expect(client.received).toContain('line too long');
    expect(heldBytes).toBe(0);
  });

  test('may send as much as any other once it has', async () => {
    desk.answerAtOnce = () => {
      desk.isStranger = false;
      return { kind: 'authenticated' };
    };
    await send(`set x 0 0 4\r\nname\r\nset y 0 0 2000\r\n${'y'.repeat(2000)}\r\n`);
    expect(desk.commands).toMatchObject([
      { kind: 'store', key: 'x' },
      { kind: 'store', key: 'y' },
    ]);
  });
});

describe('what goes wrong in a way it should not', () => {
  test.each<[string, () => Promise<void>]>([
    ['a desk that rejects', () => send('get a\r\nget b\r\n').then(() => desk.fill(0, new RangeError('x')))],
    [
      'a desk that throws',
      () => {
        desk.answerAtOnce = () => {
          throw new RangeError('x');
        };
        return send('get a\r\nget b\r\n');
      },
    ],
  ])('%s costs the connection, and no other request gets its answer (S0)', async (_, fail) => {
    await fail();
    await desk.fill(0, hit('B'));
    expect(cuts).toEqual(['fault']);
    expect(client.received).toBe('');
    expect(client.socket.destroyed).toBe(true);
  });
});
