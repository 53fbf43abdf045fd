import type { Express } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import { COOKIE, ExpressSite, idOf, type SiteOptions } from './express-site.ts';

const MINUTE_MS = 60_000;

function routes(app: Express): void {
  app.get('/count', (request, response) => {
    request.session.contador = Number(request.session.contador ?? 0) + 1;
    response.json({ contador: request.session.contador });
  });
  app.get('/read', (request, response) => {
    response.json({ contador: request.session.contador ?? 0, leftMs: request.session.cookie.maxAge ?? null });
  });
  app.get('/unset', (request, response) => {
    Reflect.deleteProperty(request, 'session');
    response.json({});
  });
  app.get('/reload', (request, response, next) => {
    request.session.contador = 'never saved';
    request.session.reload((error?: Error) => {
      if (error === undefined) response.json({ contador: request.session.contador });
      else next(error);
    });
  });
  app.get('/save-twice', (request, response, next) => {
    request.session['first'] = 1;
    request.session.save((error?: Error) => {
      if (error !== undefined) {
        next(error);
        return;
      }
      delete request.session['first'];
      request.session['second'] = 2;
      response.json({});
    });
  });
  app.get('/load', (request, response, next) => {
    request.sessionStore.load(request.sessionID, (error: Error | null, found) => {
      if (error === null) response.json({ found });
      else next(error);
    });
  });
}

describe("express-session's options", () => {
  let cluster: Cluster;
  let site: ExpressSite | undefined;

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a'], store: 'memory', config: CALM });
  });
  afterEach(async () => site?.close());
  afterAll(() => cluster.close());

  async function open(session: SiteOptions['session'] = {}): Promise<string> {
    site = await ExpressSite.open(cluster.node('a').http, routes, { session });
    return site.url;
  }

  async function ttlOf(visitor: Visitor): Promise<number> {
    return Number((await cluster.node('a').client.get(idOf(visitor))).body['ttlSeconds']);
  }

  test('saveUninitialized: false, a visitor who leaves nothing gets no cookie', async () => {
    const url = await open();
    const visitor = new Visitor();
    expect(await visitor.visit(`${url}/read`)).toMatchObject({ status: 200, body: { contador: 0 } });
    expect(visitor.cookie(COOKIE)).toBeUndefined();
  });

  test('saveUninitialized: true, everybody gets a session, and it lives on', async () => {
    const url = await open({ saveUninitialized: true });
    const visitor = new Visitor();
    await visitor.visit(`${url}/read`);
    const id = idOf(visitor);
    expect(await ttlOf(visitor)).toBeGreaterThan(1430);
    await visitor.visit(`${url}/count`);
    expect(idOf(visitor)).toBe(id);
  });

  test('resave: true writes nothing where nothing was changed', async () => {
    const url = await open({ resave: true });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    const before = (await cluster.node('a').client.get(idOf(visitor))).body;
    await visitor.visit(`${url}/read`);
    expect((await cluster.node('a').client.get(idOf(visitor))).body['version']).toBe(before['version']);
  });

  test('rolling: true, each page moves the end of cookie and session', async () => {
    const url = await open({ rolling: true, cookie: { maxAge: 10 * MINUTE_MS } });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    await cluster.node('a').client.call('POST', `/v1/sessions/${idOf(visitor)}/touch`, { ttlSeconds: 100 });
    const cookie = `${COOKIE}=${visitor.cookie(COOKIE) ?? ''}`;
    const page = await fetch(`${url}/read`, { headers: { cookie } });
    const { leftMs } = (await page.json()) as { leftMs: number };
    expect(leftMs).toBeLessThanOrEqual(100_000);
    const [sent = ''] = page.headers.getSetCookie();
    expect(sent).toMatch(new RegExp(`^${cookie.replaceAll('.', '\\.')};.*Expires=`));
    expect(Date.parse(/Expires=([^;]+)/.exec(sent)?.[1] ?? '') - Date.now()).toBeGreaterThan(9.5 * MINUTE_MS);
    expect(await ttlOf(visitor)).toBeGreaterThan(590);
  });

  test('a session ends with its cookie, and the next page begins a new one', async () => {
    const url = await open({ cookie: { maxAge: 1000 } });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    const former = idOf(visitor);
    const { client } = cluster.node('a');
    await until('it has expired', async () => (await client.get(former)).status === 404);
    expect((await visitor.visit(`${url}/count`)).body).toMatchObject({ contador: 1 });
    expect(idOf(visitor)).not.toBe(former);
  });

  test("unset: 'destroy', a session that is deleted from the request is destroyed", async () => {
    const url = await open({ unset: 'destroy' });
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    await visitor.visit(`${url}/unset`);
    expect(await cluster.node('a').client.get(idOf(visitor))).toMatchObject({ body: { reason: 'destroyed' } });
  });

  test('session.reload reads again, session.save writes before the end, sessionStore.load finds by id', async () => {
    const url = await open();
    const visitor = new Visitor();
    await visitor.visit(`${url}/count`);
    expect((await visitor.visit(`${url}/reload`)).body).toMatchObject({ contador: 1 });
    await visitor.visit(`${url}/save-twice`);
    const { client } = cluster.node('a');
    expect((await client.get(idOf(visitor))).body['data']).toEqual({ contador: 1, second: 2 });
    expect((await visitor.visit(`${url}/load`)).body['found']).toMatchObject({ contador: 1, second: 2 });
  });

  test('a crowd of new visitors at once: each gets an id, as many as come', async () => {
    const url = await open();
    const visitors = Array.from({ length: 200 }, () => new Visitor());
    const pages = await Promise.all(visitors.map((visitor) => visitor.visit(`${url}/count`)));
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(visitors.map(idOf)).size).toBe(200);
  });

  test('a crowd without `ready` gets an error that says how to go on', async () => {
    site = await ExpressSite.open(cluster.node('a').http, routes, { store: { spareIds: 1 }, isPatient: false });
    const { url } = site;
    await until('an id lies ready', async () => (await new Visitor().visit(`${url}/count`)).status === 200);
    const pages = await until('more come than ids lie ready', async () => {
      const crowd = await Promise.all(Array.from({ length: 30 }, () => new Visitor().visit(`${url}/count`)));
      const refused = crowd.filter(({ status }) => status !== 200);
      return refused.length > 0 ? refused : undefined;
    });
    for (const page of pages) expect(page).toMatchObject({ status: 503, body: { code: 'NO_SPARE_ID' } });
    expect(pages[0]?.text).toContain('store.ready');
  });
});
