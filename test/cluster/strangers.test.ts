import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { ON_A_FAIR_MACHINE } from '../support/fair-machine.ts';
import { hostAndPort } from '../support/listening.ts';
import { until } from '../support/until.ts';

const CROWD = 2500;

/** How soon a node serves that starts again while strangers crowd at a peer's mesh port. */
const READY_MS = 5000;

describe('S7 strangers at the mesh port', () => {
  let cluster: Cluster;
  let crowd: ChildProcess | undefined;

  beforeEach(async () => {
    cluster = await startCluster({ config: CALM });
  });
  afterEach(async () => {
    if (crowd?.kill('SIGKILL') === true) await once(crowd, 'exit');
    crowd = undefined;
    await cluster.close();
  });

  /** Resolves when as many strangers as there are have been turned away. */
  async function besiege(letter: string, words: string): Promise<void> {
    const { host, port } = hostAndPort(cluster.node(letter).mesh);
    const args = [join(import.meta.dirname, 'strangers.mjs'), host, String(port), String(CROWD), words];
    crowd = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (crowd.stdout !== null) await once(crowd.stdout, 'data');
  }

  test.each([
    ['say nothing', ''],
    ['begin a handshake and do not go on', '16030101'],
  ])('that %s do not keep a restarted peer out for more than 5 s', ON_A_FAIR_MACHINE, async (_, words) => {
    const b = cluster.node('b');
    await besiege('a', words);
    await b.end('SIGKILL');
    b.spawn();
    // What Node.js needs to start on a busy machine is no matter of strangers.
    await b.up();
    const from = performance.now();
    await until('b is ready', () => b.isReady(), 15_000);
    expect(performance.now() - from).toBeLessThan(READY_MS);
    await cluster.settled();
  });
});
