import { randomUUID } from 'node:crypto';
import type { Express, Request } from 'express';
import session, { type SessionData } from 'express-session';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { Visitor } from '../../support/visitor.ts';
import { COOKIE, ExpressSite, idOf, type SiteOptions } from './express-site.ts';

const HOUR_MS = 3_600_000;

/** As passport's `keepSessionInfo` and other merging libraries do it: all that is enumerable, the cookie with it. */
function copyInto(target: object, source: object): void {
  for (const key in source) Reflect.set(target, key, Reflect.get(source, key));
}

function routes(app: Express): void {
  app.get('/count', (request, response) => {
    request.session.contador = Number(request.session.contador ?? 0) + 1;
    response.json({ contador: request.session.contador });
  });
  app.get('/remember', (request, response) => {
    request.session.cookie.maxAge = 30 * 24 * HOUR_MS;
    response.json({});
  });
  app.get('/get', (request, response, next) => {
    request.sessionStore.get(request.sessionID, (error, found) => {
      if (error) next(error);
      else response.json({ found, keys: Object.keys(found?.cookie ?? {}).sort() });
    });
  });
  // As a WebSocket server does, which has the id of a cookie and no request of Express.
  app.get('/elsewhere', (request, response, next) => {
    const elsewhere = { sessionID: request.sessionID, sessionStore: request.sessionStore } as unknown as Request;
    request.sessionStore.get(request.sessionID, (error, found) => {
      if (error || !found) {
        next(error ?? 'gone');
        return;
      }
      const copied = JSON.parse(JSON.stringify(found)) as SessionData;
      const made = request.sessionStore.createSession(elsewhere, request.query['copied'] ? copied : found);
      made['elsewhere'] = true;
      made.save((failure: unknown) => {
        if (failure) next(failure);
        else response.json({ cookie: made.cookie });
      });
    });
  });
  app.get('/flash', (request, response, next) => {
    const { session: own, sessionStore, sessionID } = request;
    own['flash'] = { info: ['saved'] };
    own.save((failure: unknown) => {
      if (failure) {
        next(failure);
        return;
      }
      sessionStore.get(sessionID, (error, found) => {
        if (error) next(error);
        else response.json({ flash: found?.['flash'], cookie: found?.cookie });
      });
    });
  });
  app.get('/set-what-get-gave', (request, response, next) => {
    request.sessionStore.get(request.sessionID, (error, found) => {
      if (error || !found) {
        next(error ?? 'gone');
        return;
      }
      found['noted'] = true;
      request.sessionStore.set(request.sessionID, found, (failure) => {
        if (failure) next(failure);
        else response.json({});
      });
    });
  });
  app.get('/login', (request, response, next) => {
    const former = request.session;
    request.session.regenerate((error: unknown) => {
      if (error) {
        next(error);
        return;
      }
      copyInto(request.session, former);
      request.session['passport'] = { user: 7 };
      request.session.save((failure: unknown) => {
        if (failure) next(failure);
        else response.json({ cookie: request.session.cookie });
      });
    });
  });
}

const SETTINGS: readonly [string, SiteOptions['session'] & object][] = [
  ['an hour', { cookie: { maxAge: HOUR_MS } }],
  ['as long as the browser', {}],
  ['of its own', { cookie: { path: '/', httpOnly: false, sameSite: 'lax', domain: '127.0.0.1', maxAge: HOUR_MS } }],
  ['secure where the request is', { cookie: { secure: 'auto', maxAge: HOUR_MS } }],
  // For nobody's request it has no host to look at.
  ['a function of the request', { cookie: (request: Request) => ({ maxAge: HOUR_MS, domain: request.hostname }) }],
] as unknown as readonly [string, SiteOptions['session'] & object][];

describe('a session that is asked for by its id', () => {
  let cluster: Cluster;
  const sites: ExpressSite[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a'], store: 'memory', config: CALM });
  });
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
  });
  afterAll(() => cluster.close());

  /** The same pages over maglia, and over express-session's own store. */
  async function openBoth(options: SiteOptions['session'] = {}): Promise<[string, string]> {
    const { http } = cluster.node('a');
    const ours = await ExpressSite.open(http, routes, { session: options });
    sites.push(ours);
    const memory = { ...options, store: new session.MemoryStore(), genid: () => randomUUID() };
    const theirs = await ExpressSite.open(http, routes, { session: memory });
    sites.push(theirs);
    return [ours.url, theirs.url];
  }

  async function storedOf(visitor: Visitor): Promise<Record<string, unknown>> {
    return (await cluster.node('a').client.get(idOf(visitor))).body;
  }

  /** Ends are told to a minute: pages are not asked for at the same moment. */
  function comparable(body: Record<string, unknown>): unknown {
    return JSON.parse(JSON.stringify(body), (key, value: unknown) =>
      key === 'expires' && typeof value === 'string' ? Math.round((Date.parse(value) - Date.now()) / 60_000) : value,
    );
  }

  test.each(SETTINGS.slice(0, 3))('cookies that last %s: get gives what a memory store gives', async (_, options) => {
    const pages = [];
    for (const url of await openBoth(options)) {
      const visitor = new Visitor();
      await visitor.visit(`${url}/count`);
      const { body } = await visitor.visit(`${url}/get`);
      await visitor.visit(`${url}/remember`);
      pages.push([comparable(body), comparable((await visitor.visit(`${url}/get`)).body)]);
    }
    expect(pages[0]).toEqual(pages[1]);
  });

  test.each(SETTINGS)('cookies that last %s: writing what get gave changes nothing else', async (_, options) => {
    const [url] = await openBoth(options);
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    const before = await storedOf(visitor);
    for (const page of ['set-what-get-gave', 'elsewhere', 'elsewhere?copied=1', 'get']) {
      expect((await visitor.visit(`${url}/${page}`)).status).toBe(200);
    }
    const after = await storedOf(visitor);
    expect(after['data']).toEqual({ contador: 1, noted: true, elsewhere: true });
    expect(Math.abs(Number(after['ttlSeconds']) - Number(before['ttlSeconds']))).toBeLessThan(60);
  });

  test('what was changed in the cookie of one session stays, whichever way it is written', async () => {
    const [url] = await openBoth({ cookie: { maxAge: HOUR_MS } });
    const visitor = new Visitor();
    await visitor.visit(`${url}/remember`);
    await visitor.visit(`${url}/count`);
    await visitor.visit(`${url}/remember`);
    for (const page of ['set-what-get-gave', 'elsewhere', 'elsewhere?copied=1']) {
      expect((await visitor.visit(`${url}/${page}`)).status).toBe(200);
      const { data, ttlSeconds } = await storedOf(visitor);
      expect(data).toMatchObject({ _express: { cookie: { originalMaxAge: 30 * 24 * HOUR_MS } } });
      expect(ttlSeconds).toBeGreaterThan(29 * 24 * 3600);
    }
  });

  test('a session that is made of it without a request has the cookie of a memory store', async () => {
    const pages = [];
    for (const url of await openBoth({ cookie: { maxAge: HOUR_MS, sameSite: 'lax' } })) {
      const visitor = new Visitor();
      await visitor.visit(`${url}/count`);
      pages.push(comparable((await visitor.visit(`${url}/elsewhere`)).body));
    }
    expect(pages[0]).toMatchObject({ cookie: { expires: 60, sameSite: 'lax' } });
    expect(pages[0]).toMatchObject(pages[1] as object);
  });

  test('a message for the next page is there once the session is saved, with an end that is to come', async () => {
    const [url] = await openBoth({ cookie: { maxAge: HOUR_MS } });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    const { body } = await visitor.visit(`${url}/flash`);
    expect(body['flash']).toEqual({ info: ['saved'] });
    expect(comparable(body)).toMatchObject({ cookie: { expires: 60 } });
  });

  test('a login that copies the former session into the new one keeps its data and its cookie', async () => {
    const [url] = await openBoth({ cookie: { maxAge: HOUR_MS } });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    const former = idOf(visitor);
    const { status, body } = await visitor.visit(`${url}/login`);
    expect(status).toBe(200);
    expect(body['cookie']).toMatchObject({ originalMaxAge: HOUR_MS, path: '/' });
    expect(idOf(visitor)).not.toBe(former);
    expect((await storedOf(visitor))['data']).toEqual({ contador: 1, passport: { user: 7 } });
    expect(await cluster.node('a').client.get(former)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
  });

  test('looking a session up takes no id that lies ready, also where genid is called without the request', async () => {
    const site = await ExpressSite.open(cluster.node('a').http, routes, {
      store: { spareIds: 2 },
      session: { genid: () => site.store.genid() },
      isPatient: false,
    });
    sites.push(site);
    const visitor = new Visitor();
    const first = async (): Promise<number> => (await visitor.visit(`${site.url}/count`)).status;
    while ((await first()) !== 200);
    const pages = await Promise.all(Array.from({ length: 20 }, () => visitor.twin().visit(`${site.url}/get`)));
    expect(pages.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(visitor.cookie(COOKIE)).toBeDefined();
  });
});
