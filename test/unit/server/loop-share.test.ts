import { expect, test } from 'vitest';
import { LoopShare, type LoopSharer } from '../../../src/server/loop-share.ts';
import { turns } from '../../support/fake-client.ts';

const REQUESTS_PER_TURN = 1024;
const QUANTUM = 128;

/** A client that has so much to do, and writes down what it began in which turn. */
class Client implements LoopSharer {
  readonly begunIn: number[] = [];
  readonly #loop: LoopShare;
  readonly #turn: () => number;
  #left: number;

  constructor(loop: LoopShare, turn: () => number, left: number) {
    this.#loop = loop;
    this.#turn = turn;
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  endTurn(): void {
    let begun = 0;
    for (; this.#left > 0 && begun < QUANTUM && !this.#loop.isSpent; this.#left -= 1, begun += 1) {
      this.#loop.begin();
      this.begunIn.push(this.#turn());
    }
    if (this.#left > 0) this.#loop.endTurnSoon(this, begun === 0);
  }
}

/** Lets all of them work; resolves to what each turn of the loop saw begun, by client. */
async function work(requestsOfEach: readonly number[]): Promise<readonly Client[]> {
  let turn = 0;
  const loop = new LoopShare();
  const clients = requestsOfEach.map((requests) => new Client(loop, () => turn, requests));
  for (const client of clients) client.endTurn();
  while (clients.some(({ left }) => left > 0)) {
    turn += 1;
    await turns(1);
  }
  return clients;
}

function countIn(client: Client, turn: number): number {
  return client.begunIn.filter((one) => one === turn).length;
}

test('all clients together begin no more in one turn than some 10 ms of work', async () => {
  const clients = await work(Array.from({ length: 40 }, () => 200));
  const last = Math.max(...clients.flatMap(({ begunIn }) => begunIn));
  const ofTurns = Array.from({ length: last + 1 }, (_, turn) =>
    clients.reduce((sum, client) => sum + countIn(client, turn), 0),
  );
  expect(Math.max(...ofTurns)).toBe(REQUESTS_PER_TURN);
  // Nothing is left undone for want of asking.
  expect(ofTurns).toHaveLength(Math.ceil((40 * 200) / REQUESTS_PER_TURN));
});

test('a client that had nothing in one turn is before those that had, and none starves behind busy ones', async () => {
  const greedy = Array.from({ length: 16 }, () => 10_000);
  const modest = await work([...greedy, 1, 1]);
  const firstTurns = modest.slice(-2).map(({ begunIn }) => begunIn[0]);
  // Eight of the greedy take a turn whole, the other eight the next; then it is their turn.
  expect(firstTurns).toEqual([2, 2]);
});

test('busy clients have equal shares', async () => {
  const clients = await work(Array.from({ length: 24 }, () => QUANTUM * 10));
  for (let turn = 0; turn < 30; turn += 3) {
    for (const client of clients) {
      expect(countIn(client, turn) + countIn(client, turn + 1) + countIn(client, turn + 2)).toBe(QUANTUM);
    }
  }
});

test('one that asks again within its end of turn is called in the next one', async () => {
  const loop = new LoopShare();
  let calls = 0;
  const sharer: LoopSharer = {
    endTurn: () => {
      calls += 1;
      if (calls < 3) loop.endTurnSoon(sharer, false);
    },
  };
  loop.endTurnSoon(sharer, false);
  await turns(1);
  expect(calls).toBe(1);
  await turns(5);
  expect(calls).toBe(3);
});

test('what is begun outside of an end of turn counts until the turn is over', async () => {
  const loop = new LoopShare();
  for (let begun = 0; begun < REQUESTS_PER_TURN; begun += 1) loop.begin();
  expect(loop.isSpent).toBe(true);
  await turns(1);
  expect(loop.isSpent).toBe(false);
});
