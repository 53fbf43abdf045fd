import { describe, expect, test } from 'vitest';
import { settled } from '../../../support/fake-clock.ts';
import { Door, found, ID } from './door.ts';

const URL = `/v1/sessions/${ID}`;
const TOKEN = 'correct horse battery'.replaceAll(' ', '-');

describe('a door with a token', () => {
  const door = new Door({ token: TOKEN });
  let asked = 0;

  test.each([
    undefined,
    '',
    TOKEN,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} x`,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN.toUpperCase()}`,
  ])('refuses the authorization %j for every URL, known or not', async (authorization) => {
    const callsBefore = door.sessions.calls.length;
    const headers = authorization === undefined ? {} : { authorization };
    for (const url of [URL, '/v1/cluster', '/metrics', '/openapi.json', '/no-such-url', '/v1/sessions/malformed']) {
      // Guesses of one address are slowed down.
      const remoteAddress = `10.0.0.${(asked += 1)}`;
      const answer = await door.ask({ method: 'GET', url, headers, remoteAddress });
      expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
      expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' });
    }
    expect(door.sessions.calls).toHaveLength(callsBefore);
  });

  test.each([`Bearer ${TOKEN}`, `bearer  ${TOKEN}`])('lets %j in', async (authorization) => {
    door.sessions.reply = found('{}');
    expect((await door.ask({ method: 'GET', url: URL, headers: { authorization } })).status).toBe(200);
  });

  test('may be asked under any name', async () => {
    door.sessions.reply = found('{}');
    const headers = { authorization: `Bearer ${TOKEN}`, host: 'web3.internal:7420' };
    expect((await door.ask({ method: 'GET', url: URL, headers })).status).toBe(200);
  });

  test('counts who is refused, also one who guesses at a probe', async () => {
    const door = new Door({ token: TOKEN });
    const headers = { authorization: 'Bearer guess' };
    await door.ask({ method: 'GET', url: '/readyz', headers });
    await door.ask({ method: 'GET', url: URL, headers });
    await door.ask({ method: 'GET', url: '/readyz' });
    const { text } = await door.ask({ method: 'GET', url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
    expect(text).toContain('maglia_auth_total{door="http",outcome="refused"} 2');
    expect(text).toContain('maglia_auth_total{door="http",outcome="accepted"} 1');
  });

  describe('where one has guessed', () => {
    const guess = { method: 'GET', url: URL, headers: { authorization: 'Bearer guess' } } as const;
    const right = { method: 'GET', url: URL, headers: { authorization: `Bearer ${TOKEN}` } } as const;

    async function guessed(parts: ConstructorParameters<typeof Door>[0] = {}): Promise<Door> {
      const door = new Door({ token: TOKEN, ...parts });
      door.sessions.reply = found('{}');
      for (let n = 0; n < 3; n += 1) await door.ask(guess);
      return door;
    }

    test('answers the next guess late, and the right token at once, also from there', async () => {
      const door = await guessed();
      let status = 0;
      const late = door.ask(guess).then((answer) => (status = answer.status));
      expect((await door.ask(right)).status).toBe(200);
      await settled();
      expect([status, door.clock.pending]).toEqual([0, 1]);
      door.clock.advance(100);
      expect(await late).toBe(401);
    });

    test('answers a guess from another address at once, and who shows nothing', async () => {
      const door = await guessed();
      expect((await door.ask({ ...guess, remoteAddress: '10.0.0.8' })).status).toBe(401);
      expect((await door.ask({ method: 'GET', url: URL })).status).toBe(401);
      expect(door.clock.pending).toBe(0);
    });

    test('answers probes at once, and does not look at their tokens', async () => {
      const door = await guessed({ isReady: () => ({ ready: true, why: 'a reason' }) });
      const probed = await door.ask({ ...right, url: '/readyz' });
      expect([probed.status, probed.text]).toEqual([200, '{"ready":true}']);
      const elsewhere = await door.ask({ ...right, url: '/readyz', remoteAddress: '10.0.0.8' });
      expect(elsewhere.text).toContain('a reason');
    });

    test('tells all who wait when it closes', async () => {
      const door = await guessed();
      const late = door.ask(guess);
      await settled();
      expect(door.clock.pending).toBe(1);
      await door.app.close();
      expect((await late).status).toBe(401);
    });
  });

  test('lets probes in without it, but tells them no details', async () => {
    const door = new Door({ token: TOKEN, isReady: () => ({ ready: false, why: 'the store is down' }) });
    expect(await door.ask({ method: 'GET', url: '/healthz' })).toMatchObject({ status: 200 });
    const probed = await door.ask({ method: 'GET', url: '/readyz' });
    expect(probed).toMatchObject({ status: 503, body: { code: 'NOT_READY', ready: false } });
    expect(probed.text).not.toContain('the store is down');

    const headers = { authorization: `Bearer ${TOKEN}` };
    const trusted = await door.ask({ method: 'GET', url: '/readyz', headers });
    expect(trusted.body).toMatchObject({ why: 'the store is down' });
  });
});

describe('a door without a token', () => {
  const door = new Door();

  test.each([
    'localhost',
    'localhost:7420',
    'LOCALHOST.',
    'a.localhost:1',
    '127.0.0.1',
    '127.0.0.1:7420',
    '127.1.2.3',
    '[::1]',
    '[::1]:7420',
  ])('answers to the host %s', async (host) => {
    door.sessions.reply = found('{}');
    expect((await door.ask({ method: 'GET', url: URL, headers: { host } })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:7420',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    '192.168.0.1',
    'web1.internal:7420',
    '0.0.0.0',
    '[::]',
    '[fe80::1]:7420',
    '127.0.0.1:7420:1',
    '127.0.0.1@evil.example',
    'localhost:',
    ' ',
  ])('does not answer to the host %j', async (host) => {
    const callsBefore = door.sessions.calls.length;
    for (const url of [URL, '/healthz', '/no-such-url']) {
      const answer = await door.ask({ method: 'GET', url, headers: { host } });
      expect(answer).toMatchObject({ status: 421, body: { code: 'WRONG_HOST' } });
    }
    expect(door.sessions.calls).toHaveLength(callsBefore);
  });
});

describe('a page in a browser', () => {
  const MINTING = { method: 'POST', url: '/v1/sessions' } as const;

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  ])('of another site, %j, is refused by every URL, and mints nothing', async (headers) => {
    const door = new Door();
    for (const call of [
      MINTING,
      { method: 'POST', url: '/v1/sessions/open' },
      { method: 'GET', url: '/metrics' },
    ] as const) {
      const answer = await door.ask({ ...call, headers: { ...headers, host: '127.0.0.1:7420' } });
      expect(answer).toMatchObject({ status: 403, body: { code: 'CROSS_SITE' } });
    }
    expect(door.sessions.calls).toEqual([]);
  });

  test('is refused by a door with a token as well, whatever it shows', async () => {
    const door = new Door({ token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}`, origin: 'https://evil.example' };
    expect(await door.ask({ ...MINTING, headers })).toMatchObject({ status: 403, body: { code: 'CROSS_SITE' } });
  });

  test.each(['none', 'same-origin'])('that a person opened here, %s, is answered', async (site) => {
    const headers = { 'sec-fetch-site': site };
    expect((await new Door().ask({ method: 'GET', url: '/healthz', headers })).status).toBe(200);
  });
});
