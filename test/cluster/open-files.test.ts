import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { CALM, startCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { hostAndPort } from '../support/listening.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
const clients: Socket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await cluster.close();
});

/** One more client of the memcached door; what it was answered to `version`, with which a connection begins. */
async function ask(node: ClusterNode): Promise<string> {
  const client = connect(hostAndPort(node.memcached));
  clients.push(client);
  client.on('error', () => undefined);
  let answer = '';
  client.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  client.write('version\r\n');
  await Promise.race([once(client, 'close').catch(() => undefined), until('an answer', () => answer.includes('\n'))]);
  return answer;
}

/** The number that the next file this process opens would get: with that as its limit, it can open none. */
function lowestFree(pid: number): number {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let number = 0;
  while (taken.has(number)) number += 1;
  return number;
}

describe('S6 a daemon that may have few files open', () => {
  test('takes as many memcached clients as leave enough for the mesh, the store and the probes', async () => {
    cluster = await startCluster({ letters: ['a', 'b'], store: 'memory', config: CALM });
    const a = cluster.node('a');
    await a.end('SIGTERM');
    a.spawn({}, 100);
    await a.ready();
    await cluster.settled();
    expect(a.log()).toContain('this process may open 100 files');

    const answers = [];
    for (let number = 0; number < 150; number += 1) answers.push(await ask(a));
    const served = answers.filter((answer) => answer.startsWith('VERSION')).length;
    expect(served).toBeGreaterThanOrEqual(8);
    expect(served).toBeLessThan(100);
    expect(await a.isReady()).toBe(true);
    expect((await a.view()).peers.map(({ state }) => state)).toEqual(['alive']);
    expect((await cluster.node('b').view()).peers.map(({ state }) => state)).toEqual(['alive']);
    expect(a.log().match(/closes what comes/g)).toHaveLength(1);
    expect(a.log()).not.toContain('EMFILE');

    for (const client of clients.splice(0)) client.destroy();
    await until('clients are taken again', async () => (await ask(a)).startsWith('VERSION'));
  });

  test('says once that it has run out of them while it runs, counts that, and goes on when there are some again', async () => {
    cluster = await startCluster({ letters: ['a', 'b'], store: 'memory', config: CALM });
    const a = cluster.node('a');
    const limitTo = (files: number): void => {
      execFileSync('prlimit', ['--pid', String(a.pid), `--nofile=${files}:`]);
    };
    const said = (text: string): number => a.log().split(text).length - 1;
    limitTo(lowestFree(a.pid));
    await until('it says so', () => said('as many files open as it may (EMFILE)') > 0);
    await cluster.node('b').end('SIGKILL');
    await until('it considers b dead', () => a.log().includes('"to":"dead"'));
    limitTo(1024);
    await until('it says that this is over', () => said('files can be opened again') > 0, 20_000);
    expect(said('as many files open as it may (EMFILE)')).toBe(1);
    const metrics = await (await fetch(`${a.http}/metrics`)).text();
    expect(metrics).toMatch(/maglia_open_files_refused_total\{where="trial"\} [1-9]/);
    expect(await a.isReady()).toBe(true);
  });

  test('does not start where that is too few, and says in one sentence what to do', async () => {
    cluster = await startCluster({ letters: ['a'], config: CALM });
    const a = cluster.node('a');
    await a.end('SIGTERM');
    const before = a.log().length;
    a.spawn({}, 64);
    expect(await a.ended()).toBe(EXIT.cannotStart);
    expect(a.log().slice(before)).toMatch(
      /^maglia: this process may open 64 files, and a daemon needs 96 at least: .*\n$/,
    );
  });
});
