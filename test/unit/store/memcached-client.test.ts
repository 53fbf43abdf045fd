import { pino } from 'pino';
import { expect, test } from 'vitest';
import { MemcachedServer, RecordClient } from '../../../src/store/memcached-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { answerTo } from '../../support/memcached-wire.ts';
import { ScriptedMemcached } from '../../support/scripted-memcached.ts';

test.each([
  ['2^31, where those of memjs turn negative', 2 ** 31 - 1, 2 ** 31],
  ['2^32, and start again', 2 ** 32 - 1, 0],
])('the numbers of requests go on after %s', async (_, last, next) => {
  const memcached = new ScriptedMemcached();
  memcached.onRequest = (request, far) => void far.socket.write(answerTo(request));
  const log = pino({ level: 'silent' });
  const server = new MemcachedServer({
    address: { kind: 'unix', path: '/run/maglia/memcached.sock' },
    dial: memcached.dial,
    clock: new FakeClock(),
    log,
    deadlineMs: 50,
  });
  const client = new RecordClient(server, log);
  client.seq = last;
  expect((await client.get('k')).value).toEqual(Buffer.from('k'));
  expect(memcached.connections[0]?.requests.at(-1)?.opaque).toBe(next);
});
