import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { hostAndPort } from '../support/listening.ts';
import { until } from '../support/until.ts';

/** As shipped (`limits.ledgerEntries`). */
const LEDGER_ENTRIES = 100_000;
/** How soon a node serves again whose ledger a visitor has made overflow. */
const READY_MS = 10_000;
/** A machine that is busy with other things gets three tries. */
const TRIES = { retry: 2 };
const LOCKS = 200_000;
/** Written at once, so that the daemon is what the attack waits for. */
const BATCH = 1000;

let cluster: Cluster;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await cluster.close();
});

async function dial(address: string): Promise<Socket> {
  const socket = connect(hostAndPort(address));
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Sends the commands in batches, each when the one before is answered, and counts what the lines of the answers say. */
async function flood(socket: Socket, count: number, command: (n: number) => string): Promise<Map<string, number>> {
  const lines = new Map<string, number>();
  let rest = '';
  let answered = 0;
  socket.on('data', (bytes: Buffer) => {
    const parts = (rest + bytes.toString('latin1')).split('\r\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.set(line, (lines.get(line) ?? 0) + 1);
      answered += 1;
    }
    socket.emit('answered');
  });
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    socket.write(Array.from({ length: size }, (_, at) => command(from + at)).join(''));
    while (answered < from + size) await once(socket, 'answered');
  }
  return lines;
}

/** An id that has the form of a minted one, and was never minted. */
function madeUp(letter: string, n: number): string {
  return letter + String(n).padStart(26, 'x');
}

describe('F1 ids that nobody minted', () => {
  test(
    'one more than a ledger takes: the owner drops its sessions, says so, and serves within 10 s of its start',
    TRIES,
    async () => {
      cluster = await startCluster({ config: CALM });
      const [a, b, c] = [cluster.node('a'), cluster.node('b'), cluster.node('c')];
      const { id } = await b.client.mint({ n: 1 });
      await b.end('SIGKILL');
      await until('c considers b dead', async () =>
        (await c.view()).peers.some(({ letter, state }) => letter === 'b' && state === 'dead'),
      );
      const told = await flood(await dial(c.memcached), LEDGER_ENTRIES + 1, (n) => `get sess:${madeUp('b', n)}\r\n`);
      expect([...told]).toEqual([['END', LEDGER_ENTRIES + 1]]);

      b.spawn();
      await b.up();
      const from = performance.now();
      await b.ready();
      expect(performance.now() - from).toBeLessThan(READY_MS);
      expect(b.log()).toContain('dropping all sessions of the former life');
      expect((await a.client.get(id)).status).toBe(404);
      const fresh = await b.client.mint({ n: 2 });
      expect((await a.client.get(fresh.id)).body).toMatchObject({ data: { n: 2 } });
    },
  );
});

describe('F2 locks that nobody needs', () => {
  test(
    '200,000 of one client, which hangs up: only so many are given, and no peer doubts the node',
    TRIES,
    async () => {
      cluster = await startCluster({ config: CALM });
      const a = cluster.node('a');
      const doubts = (): string[] =>
        ['b', 'c'].flatMap((peer) => {
          const lines = cluster.node(peer).log().split('\n');
          return lines.filter((line) => line.includes('"peer":"a"') && /-> (suspect|dead)/.test(line));
        });
      const before = doubts().length;
      const socket = await dial(a.memcached);
      const told = await flood(socket, LOCKS, (n) => `add memc.sess.key.lock.${madeUp('a', n)} 0 30 1\r\n1\r\n`);
      expect(told.get('STORED')).toBe(64);
      expect([...told.values()].reduce((sum, times) => sum + times, 0)).toBe(LOCKS);
      socket.destroy();
      // Its locks are free again: another client gets one of them.
      const other = await dial(a.memcached);
      await until('the lock is free', async () => {
        const [line] = [...(await flood(other, 1, () => `add memc.sess.key.lock.${madeUp('a', 0)} 0 30 1\r\n1\r\n`))];
        return line?.[0] === 'STORED';
      });
      expect(doubts().slice(before)).toEqual([]);
      expect(await a.isReady()).toBe(true);
    },
  );
});
