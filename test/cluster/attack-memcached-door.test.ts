import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { ON_A_FAIR_MACHINE } from '../support/fair-machine.ts';
import { hostAndPort } from '../support/listening.ts';
import { SessionClient } from '../support/session-client.ts';
import { until } from '../support/until.ts';

/** As shipped (`limits.ledgerEntries`). */
const LEDGER_ENTRIES = 100_000;
/** Sessions of the host that dies. */
const MINTED = 200;
/** How soon a node serves again whose ledger a visitor has made overflow. */
const READY_MS = 10_000;
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

/** One command of a text client, and the lines that it is answered with. */
async function said(address: string, command: string): Promise<string> {
  const socket = await dial(address);
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.write(command);
  await until('the command is answered', () => /(END|STORED)\r\n$/.test(answer));
  return answer.replaceAll('\r\n', ' ').trim();
}

/** An id of the form that PHP draws with `session.sid_length = 27`, by chance one that begins with this letter. */
function drawnByPhp(letter: string, n: number): string {
  return letter + String(n).padStart(26, '7');
}

async function comesBack(node: ClusterNode): Promise<void> {
  node.spawn();
  await node.up();
  const from = performance.now();
  await node.ready();
  expect(performance.now() - from).toBeLessThan(READY_MS);
}

async function considersDead(node: ClusterNode, peer: string): Promise<void> {
  await until(`${node.letter} considers ${peer} dead`, async () =>
    (await node.view()).peers.some(({ letter, state }) => letter === peer && state === 'dead'),
  );
}

describe('F1 ids that nobody minted', () => {
  test(
    'S1, one more than a ledger takes: the owner serves within 10 s, has all that it minted, and nothing old',
    ON_A_FAIR_MACHINE,
    async () => {
      cluster = await startCluster({ config: CALM });
      const [a, b, c] = [cluster.node('a'), cluster.node('b'), cluster.node('c')];
      const minted: string[] = [];
      for (let n = 0; n < MINTED; n += 1) minted.push((await b.client.mint({ n })).id);
      const [touched, untouched] = [drawnByPhp('b', 1), drawnByPhp('b', 2)];
      for (const id of [touched, untouched]) {
        expect(await said(b.memcached, `set memc.sess.key.${id} 0 600 3\r\nold\r\n`)).toBe('STORED');
      }
      await b.end('SIGKILL');
      await considersDead(c, 'b');
      const told = await flood(await dial(c.memcached), LEDGER_ENTRIES + 1, (n) => `get sess:${madeUp('b', n)}\r\n`);
      expect([...told]).toEqual([['END', LEDGER_ENTRIES + 1]]);
      expect(await said(a.memcached, `set memc.sess.key.${touched} 0 600 3\r\nnew\r\n`)).toBe('STORED');
      expect(await said(c.memcached, `get memc.sess.key.${touched}\r\n`)).toContain('new');

      await comesBack(b);
      expect(b.log()).toContain('dropping the sessions of the former life whose ids no node minted');
      expect(b.log()).not.toContain('dropping all sessions of the former life');
      for (const [n, id] of minted.entries()) {
        const { http } = [a, b, c][n % 3] ?? a;
        expect((await new SessionClient(http).get(id)).body).toMatchObject({ id, data: { n } });
      }
      // Those of an application's own are reset: there is no telling which of them somebody was told of.
      const isOldNowhere = async (): Promise<void> => {
        for (const node of [a, b, c]) {
          for (const id of [touched, untouched]) {
            expect(await said(node.memcached, `get memc.sess.key.${id}\r\n`)).toBe('END');
          }
        }
      };
      await isOldNowhere();
      expect(await said(c.memcached, `set memc.sess.key.${touched} 0 600 5\r\nlater\r\n`)).toBe('STORED');

      // The next daemon finds the same Memcached, and keeps to that.
      await b.end('SIGKILL');
      await comesBack(b);
      expect(await said(a.memcached, `get memc.sess.key.${untouched}\r\n`)).toBe('END');
      expect(await said(a.memcached, `get memc.sess.key.${touched}\r\n`)).not.toContain('old');
      expect((await a.client.get(minted[0] ?? '')).body).toMatchObject({ data: { n: 0 } });
    },
  );

  test(
    'as many sessions that were minted: the owner drops all, says so, and serves within 10 s of its start',
    ON_A_FAIR_MACHINE,
    async () => {
      const limit = 1000;
      cluster = await startCluster({ config: { ...CALM, limits: { ledgerEntries: limit } } });
      const [a, b, c] = [cluster.node('a'), cluster.node('b'), cluster.node('c')];
      const { id } = await b.client.mint({ n: 1 });
      const minted: string[] = [];
      for (let n = 0; n <= limit; n += 1) minted.push((await b.client.mint({ n })).id);
      await b.end('SIGKILL');
      await considersDead(c, 'b');
      await flood(await dial(c.memcached), limit + 1, (n) => `get sess:${minted[n] ?? ''}\r\n`);

      await comesBack(b);
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
    ON_A_FAIR_MACHINE,
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
