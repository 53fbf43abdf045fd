import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Door, ID } from '../unit/doors/http/door.ts';
import { ask, listen, RawClient, target } from './http-fixture.ts';

const PROBE = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
const DESTROY = `DELETE /v1/sessions/${ID} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('S6: a full HTTP door answers probes, and says to everything else that it is full', async () => {
  const door = new Door();
  const listening = await listen(door.app, undefined, { connections: 2 });
  const to = target(listening);
  const clients = [await RawClient.open(to), await RawClient.open(to)];
  for (const path of ['/healthz', '/readyz?from=balancer', '/metrics']) {
    const probe = await RawClient.open(to);
    probe.say(PROBE.replace('/healthz', path));
    expect(await probe.gone()).toMatch(/^HTTP\/1\.1 200 /);
  }
  expect(await ask(to, { path: '/v1/cluster' })).toMatchObject({
    status: 503,
    body: { code: 'TOO_MANY_CONNECTIONS' },
  });
  const destroyer = await RawClient.open(to);
  destroyer.say(DESTROY);
  expect(await destroyer.gone()).toMatch(
    /^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*Connection: close\r\n[^]*"code":"TOO_MANY_CONNECTIONS"/,
  );

  // A client that asks for a probe first gets no further with it.
  const twice = await RawClient.open(to);
  twice.say(PROBE + DESTROY);
  expect(await twice.gone()).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close/);
  expect(door.sessions.calls).toEqual([]);

  // Those who came in time are served as before, and their places are free again when they leave.
  clients[0]?.say(PROBE);
  await clients[0]?.hears('"status":"up"');
  clients[1]?.socket.destroy();
  await expect.poll(async () => (await ask(to, { path: '/v1/cluster' })).status).toBe(200);
});

test('S6: silent connections at a full door do not keep probes out', async () => {
  const listening = await listen(new Door().app, undefined, { connections: 1 });
  const to = target(listening);
  await RawClient.open(to);
  const silent: RawClient[] = [];
  for (let number = 0; number < 30; number += 1) silent.push(await RawClient.open(to));
  expect(await ask(to, { path: '/healthz' })).toMatchObject({ status: 200 });
  for (const { socket } of silent.slice(0, 22)) if (!socket.closed) await once(socket, 'close');
});
