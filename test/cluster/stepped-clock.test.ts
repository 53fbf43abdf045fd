import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CALM, prepareCluster, type Cluster } from '../support/cluster.ts';
import { DIALECTS, MemcachedTalk, type Dialect } from '../support/memcached-talk.ts';
import type { SessionClient } from '../support/session-client.ts';
import { msOf, SteppingClock, type ClockAhead } from '../support/stepping-clock.ts';
import { until } from '../support/until.ts';

const STEPS: readonly ClockAhead[] = ['+1h', '-1h', '+2m', '-2m', '+1d'];
const GRACE_SECONDS = 1;
const LONG_SECONDS = 120;
const SHORT_SECONDS = 2;
/** By so much a header may be old, or a machine late. */
const NEAR_MS = 10_000;
/** No case takes so long. */
const MOST_PASSED_SECONDS = 60;

/** What becomes of the daemon whose clock is set, after that. */
const MOMENTS = {
  'while it runs': undefined,
  'and its daemon is restarted as for an upgrade': 'SIGUSR2',
  'and its daemon is killed and started again': 'SIGKILL',
} as const;
type Moment = keyof typeof MOMENTS;

let running: { readonly cluster: Cluster; readonly clock: SteppingClock } | undefined;
let cluster: Cluster;
let clock: SteppingClock;
let wasKilled = false;
const talks: MemcachedTalk[] = [];

beforeEach(async () => {
  running ??= await start();
  ({ cluster, clock } = running);
});

afterEach(async () => {
  for (const talk of talks.splice(0)) talk.close();
  clock.set('+0');
  // One that is killed often is let in again only after half a minute.
  if (wasKilled) await close();
  wasKilled = false;
});

afterAll(close);

/** Two nodes, of which a has a clock that can be set. */
async function start(): Promise<NonNullable<typeof running>> {
  const cluster = await prepareCluster({
    letters: ['a', 'b'],
    config: { ...CALM, session: { rotateGraceSeconds: GRACE_SECONDS } },
  });
  const clock = new SteppingClock(cluster.node('a').directory);
  try {
    cluster.node('a').spawn(clock.environment);
    cluster.node('b').spawn();
    await Promise.all(cluster.nodes.map((node) => node.ready()));
    await cluster.settled();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return { cluster, clock };
}

async function close(): Promise<void> {
  const closing = running?.cluster;
  running = undefined;
  await closing?.close();
}

function http(letter: string): SessionClient {
  return cluster.node(letter).client;
}

async function talk(letter: string, dialect: Dialect): Promise<MemcachedTalk> {
  const opened = await MemcachedTalk.open(cluster.node(letter).memcached, dialect);
  talks.push(opened);
  return opened;
}

/** Sets a's clock, and does with its daemon what the moment says. */
async function step(ahead: ClockAhead, moment: Moment): Promise<void> {
  clock.set(ahead);
  const signal = MOMENTS[moment];
  const a = cluster.node('a');
  if (signal !== undefined) {
    wasKilled ||= signal === 'SIGKILL';
    await a.end(signal);
    a.spawn(clock.environment);
    await a.ready();
    await cluster.settled();
  }
  // Node.js puts down a Date header once a second.
  await until(`a takes the time from a clock that is ${ahead} off`, async () => {
    const { headers } = await a.client.call('GET', '/healthz');
    return Math.abs(Date.parse(String(headers['date'])) - Date.now() - msOf(ahead)) < NEAR_MS;
  });
}

const key = (id: string): string => `sess:${id}`;

/** By every door, at its owner and at the other node. */
async function expectGone(id: string): Promise<void> {
  for (const { letter } of cluster.nodes) {
    expect((await http(letter).get(id)).status).toBe(404);
    expect((await http(letter).put(id, { n: 'back' })).status).toBe(404);
    for (const dialect of DIALECTS) expect(await (await talk(letter, dialect)).get(key(id))).toBeUndefined();
  }
}

async function expectAlive(id: string, text: string): Promise<void> {
  for (const { letter } of cluster.nodes) {
    const { status, body, bytes } = await http(letter).get(id);
    expect(status, bytes.toString()).toBe(200);
    expect(body['ttlSeconds']).toBeLessThanOrEqual(LONG_SECONDS);
    expect(body['ttlSeconds']).toBeGreaterThan(LONG_SECONDS - MOST_PASSED_SECONDS);
    for (const dialect of DIALECTS) expect(await (await talk(letter, dialect)).get(key(id))).toBe(text);
  }
}

function untilExpired(id: string): Promise<unknown> {
  return until(`${id} has expired`, async () => (await http('b').get(id)).body['reason'] === 'expired');
}

interface Ended {
  readonly id: string;
  /** A slower request: it has read the session, and has not heard of its end. */
  readonly slow: MemcachedTalk;
}

/** Read on one connection and destroyed on another, by each door. */
async function destroyed(): Promise<Ended[]> {
  const byMemcached = DIALECTS.map(async (dialect): Promise<Ended> => {
    const [{ id }, slow] = [await http('a').mint({ n: dialect }), await talk('b', dialect)];
    expect(await slow.get(key(id))).toBe(`{"n":"${dialect}"}`);
    expect(await (await talk('a', dialect)).delete(key(id))).toBe(true);
    return { id, slow };
  });
  const [{ id }, slow] = [await http('a').mint({ n: 'http' }), await talk('b', 'text')];
  expect(await slow.get(key(id))).toBe('{"n":"http"}');
  expect((await http('b').destroy(id)).status).toBe(204);
  return [...(await Promise.all(byMemcached)), { id, slow }];
}

/** Sessions of two seconds, begun by each door. */
async function short(): Promise<string[]> {
  const byMemcached = DIALECTS.map(async (dialect) => {
    const { id } = await http('a').mint({ n: 1 });
    expect(await (await talk('b', dialect)).set(key(id), '{"n":2}', SHORT_SECONDS)).toBe('stored');
    return id;
  });
  return [...(await Promise.all(byMemcached)), (await http('a').mint({ n: 1 }, SHORT_SECONDS)).id];
}

async function rotated(): Promise<string> {
  const { id } = await http('a').mint({ n: 1 });
  const answer = await http('b').call('POST', `/v1/sessions/${id}/rotate`, {});
  expect(answer.status).toBe(200);
  return id;
}

describe.each(Object.keys(MOMENTS) as Moment[])('a clock that is set %s', (moment) => {
  test.each(STEPS)('by %s ends no life early or late, and brings nothing back (S1, S5)', async (ahead) => {
    const { id: long } = await http('a').mint({ n: 'long' }, LONG_SECONDS);
    const { id: theirs } = await http('b').mint({ n: 'long' }, LONG_SECONDS);
    const over = [await rotated(), ...(await short())];
    for (const id of over.slice(1)) await untilExpired(id);
    await until('the grace is over', async () => (await http('b').get(over[0] ?? '')).status === 404);
    const ended = await destroyed();
    const [begun, graced] = [await short(), await rotated()];

    await step(ahead, moment);
    for (const id of [long, theirs]) await expectAlive(id, '{"n":"long"}');
    for (const id of over) await expectGone(id);
    for (const { id, slow } of ended) {
      expect(await slow.set(key(id), '{"n":"slow"}', LONG_SECONDS)).toBe('not stored');
      await expectGone(id);
    }
    const begunMeanwhile = await short();
    const endedMeanwhile = await destroyed();

    await step('+0', moment);
    for (const id of [long, theirs]) await expectAlive(id, '{"n":"long"}');
    for (const { id, slow } of [...ended, ...endedMeanwhile]) {
      expect(await slow.set(key(id), '{"n":"slow"}', LONG_SECONDS)).toBe('not stored');
    }
    for (const id of [...begun, ...begunMeanwhile]) await untilExpired(id);
    await until('the grace is over', async () => (await http('b').get(graced)).status === 404);
    for (const id of [...over, ...begun, ...begunMeanwhile, graced, ...ended.map(({ id }) => id)]) await expectGone(id);
  });
});

describe('the smallest inputs of faults', () => {
  test('a session that is answered as expired after a step of an hour is none: it is there before and after', async () => {
    const { id } = await http('a').mint({ n: 1 }, LONG_SECONDS);
    for (const ahead of ['+1h', '+0', '-1h', '+0'] as const) {
      await step(ahead, 'while it runs');
      await expectAlive(id, '{"n":1}');
    }
  });

  test('a session of five seconds that began in a step of an hour is over five seconds after', async () => {
    await step('+1h', 'while it runs');
    const { id } = await http('a').mint({ n: 1 }, 5);
    await step('+0', 'while it runs');
    expect((await http('b').get(id)).body['ttlSeconds']).toBeLessThanOrEqual(5);
    await untilExpired(id);
    await expectGone(id);
  });

  test('S5: a set that comes two minutes later by the clock, and not by the time that passed, is refused', async () => {
    const { id } = await http('a').mint({ n: 0 });
    const [first, second] = [await talk('a', 'text'), await talk('a', 'text')];
    expect(await first.set(key(id), '{"n":1}', LONG_SECONDS)).toBe('stored');
    expect(await first.get(key(id))).toBe('{"n":1}');
    expect(await second.delete(key(id))).toBe(true);
    await step('+2m', 'while it runs');
    expect(await first.set(key(id), '{"n":1}', LONG_SECONDS)).toBe('not stored');
    await expectGone(id);
  });
});
