import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FaultProxy, type Mood } from '../support/fault-proxy.ts';
import { hostAndPort } from '../support/listening.ts';
import { startTcp } from '../support/mesh-nodes.ts';
import { Random } from '../support/sim/random.ts';

/** All that comes back of what is sent through a proxy in this mood to a server that says everything again. */
async function echoThrough(mood: Mood, text: string): Promise<{ echo: string; tookMs: number; harmed: number }> {
  const server = await startTcp((socket) => socket.pipe(socket));
  const proxy = await FaultProxy.to(`${server.host}:${server.port}`, new Random(1));
  onTestFinished(() => proxy.close());
  proxy.become(mood);
  const socket = connect(hostAndPort(proxy.address));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => socket.destroy());
  const startedAt = performance.now();
  socket.end(text);
  await once(socket, 'close');
  return {
    echo: Buffer.concat(chunks).toString('latin1'),
    tookMs: performance.now() - startedAt,
    harmed: proxy.harmed,
  };
}

describe('a link that passes through the proxy', () => {
  test('honest: brings everything there and back', async () => {
    expect(await echoThrough({ kind: 'honest' }, 'a session')).toMatchObject({ echo: 'a session', harmed: 0 });
  });

  test('slow: brings it later, both ways', async () => {
    const { echo, tookMs } = await echoThrough({ kind: 'slow', lateMs: 50 }, 'a session');
    expect(echo).toBe('a session');
    expect(tookMs).toBeGreaterThanOrEqual(99);
  });

  test('cutting: breaks before anything comes back', async () => {
    expect(await echoThrough({ kind: 'cutting', oneIn: 1 }, 'a session')).toMatchObject({ echo: '', harmed: 1 });
  });

  test('repeating: says it twice on the way there, and each twice on the way back', async () => {
    const { echo, harmed } = await echoThrough({ kind: 'repeating', oneIn: 1 }, 'ab');
    expect(echo.length).toBeGreaterThanOrEqual(8);
    expect(echo.replaceAll('ab', '')).toBe('');
    expect(harmed).toBeGreaterThanOrEqual(2);
  });

  test('corrupting: turns one bit on the way there, and one on the way back', async () => {
    const { echo } = await echoThrough({ kind: 'corrupting', oneIn: 1 }, 'a session');
    expect(echo).toHaveLength('a session'.length);
    expect(echo).not.toBe('a session');
  });
});
