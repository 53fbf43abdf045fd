import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import type { Visitor } from '../../support/visitor.ts';
import { ExpressSite, idOf, visitorOf } from './express-site.ts';

const HOUR_MS = 3_600_000;

function routes(app: Express): void {
  app.get('/count', (request, response) => {
    request.session.contador = Number(request.session.contador ?? 0) + 1;
    response.json({ session: request.session });
  });
  app.get('/read', (request, response) => response.json({ session: request.session, id: request.session.id }));
  app.get('/remember', (request, response) => {
    request.session.cookie.maxAge = 720 * HOUR_MS;
    response.json({});
  });
  app.get('/forget-false', (request, response) => {
    // As express-session's documentation has it.
    Object.assign(request.session.cookie, { expires: false });
    response.json({});
  });
  app.get('/forget-null', (request, response) => {
    Object.assign(request.session.cookie, { maxAge: null });
    response.json({});
  });
  app.get('/as-configured', (request, response) => {
    request.session.cookie.maxAge = HOUR_MS;
    response.json({});
  });
  app.get('/remove', (request, response) => {
    delete request.session['name'];
    request.session['undefined'] = undefined;
    response.json({});
  });
}

describe('a session that applications in several languages share', () => {
  let cluster: Cluster;
  let sites: ExpressSite[];

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a', 'b'], store: 'memory', config: CALM });
    sites = await Promise.all(
      cluster.nodes.map(({ http }) => ExpressSite.open(http, routes, { session: { cookie: { maxAge: HOUR_MS } } })),
    );
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.close()));
    await cluster.close();
  });

  async function visitorWith(data: unknown): Promise<Visitor> {
    return visitorOf((await cluster.node('a').client.mint(data)).id);
  }

  async function sessionOf(visitor: Visitor): Promise<Readonly<Record<string, unknown>>> {
    return (await cluster.node('b').client.get(idOf(visitor))).body;
  }

  function url(n: number): string {
    return sites[n]?.url ?? '';
  }

  test("is read in Express with Express's own cookie around it", async () => {
    const visitor = await visitorWith({ name: 'Ana', email: 'ana@example.org', contador: 3 });
    const page = await visitor.visit(`${url(1)}/read`);
    expect(page.body['session']).toMatchObject({ name: 'Ana', email: 'ana@example.org', contador: 3 });
    expect(page.body['session']).toMatchObject({ cookie: { originalMaxAge: HOUR_MS, httpOnly: true, path: '/' } });
  });

  test("is one flat object of the application's keys, without a trace of an ordinary cookie", async () => {
    const visitor = await visitorWith({ name: 'Ana', contador: 3 });
    await visitor.visit(`${url(0)}/count`);
    await visitor.visit(`${url(1)}/count`);
    expect((await sessionOf(visitor))['data']).toEqual({ name: 'Ana', contador: 5 });
  });

  test("keeps the keys of others, also those that are names of Express's own", async () => {
    const others = {
      _auth_user_id: '1',
      _session_expiry: 60,
      cookie: 'a string',
      id: 5,
      req: 1,
      save: [1],
      touch: null,
    };
    const visitor = await visitorWith({ ...others, name: 'Ana' });
    const page = await visitor.visit(`${url(0)}/read`);
    expect(page.body['id']).toBe(idOf(visitor));
    await visitor.visit(`${url(0)}/count`);
    await visitor.visit(`${url(1)}/remove`);
    expect((await sessionOf(visitor))['data']).toEqual({ ...others, contador: 1 });
  });

  test('keeps what Express changed of a cookie under one key, for all hosts', async () => {
    const visitor = await visitorWith({ name: 'Ana' });
    const { version } = await sessionOf(visitor);
    await visitor.visit(`${url(0)}/remember`);
    const remembered = await sessionOf(visitor);
    expect(remembered['data']).toEqual({ name: 'Ana', _express: { cookie: { originalMaxAge: 720 * HOUR_MS } } });
    expect(remembered['version']).toBeGreaterThan(Number(version));
    expect(remembered['ttlSeconds']).toBeGreaterThan(719 * 3600);

    const page = await visitor.visit(`${url(1)}/count`);
    expect(page.body['session']).toMatchObject({ cookie: { originalMaxAge: 720 * HOUR_MS }, contador: 1 });
    expect(page.body['session']).not.toHaveProperty('_express');
    expect((await sessionOf(visitor))['ttlSeconds']).toBeGreaterThan(719 * 3600);

    await visitor.visit(`${url(0)}/as-configured`);
    expect((await sessionOf(visitor))['data']).toEqual({ name: 'Ana', contador: 1 });
  });

  test.each(['false', 'null'])('keeps that a cookie ends with the browser, said by %s', async (how) => {
    const visitor = await visitorWith({ name: 'Ana' });
    await visitor.visit(`${url(0)}/forget-${how}`);
    expect((await sessionOf(visitor))['data']).toEqual({ name: 'Ana', _express: { cookie: { originalMaxAge: null } } });
    const page = await visitor.visit(`${url(1)}/count`);
    expect(page.body['session']).toMatchObject({ cookie: { originalMaxAge: null, expires: null } });
    expect((await sessionOf(visitor))['ttlSeconds']).toBeLessThanOrEqual(1440);
  });

  test('is not written by a page that changes nothing, and lives on', async () => {
    const { id, version } = await cluster.node('a').client.mint({ name: 'Ana' }, 60);
    const visitor = visitorOf(id);
    await visitor.visit(`${url(0)}/read`);
    const session = await sessionOf(visitor);
    expect(session['version']).toBe(version);
    expect(session['ttlSeconds']).toBeGreaterThan(3590);
  });
});
