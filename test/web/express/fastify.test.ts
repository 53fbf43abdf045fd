import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MagliaStore, type MagliaStoreOptions } from '../../../src/clients/express-store.ts';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import { COOKIE, ExpressSite, idOf, PATIENT_MS, SECRET } from './express-site.ts';
import { MeetingPoint } from './meeting-point.ts';

declare module 'fastify' {
  interface Session extends Record<string, unknown> {
    contador?: unknown;
  }
}

const HOUR_MS = 3_600_000;

let readers = new MeetingPoint(0);

class FastifySite {
  readonly store: MagliaStore;
  readonly url: string;
  readonly #app: FastifyInstance;

  private constructor(store: MagliaStore, app: FastifyInstance, url: string) {
    this.store = store;
    this.#app = app;
    this.url = url;
  }

  static async open(http: string, options: MagliaStoreOptions = {}): Promise<FastifySite> {
    const store = new MagliaStore({ url: http, deadlineMs: PATIENT_MS, ...options });
    const app = fastify();
    await app.register(fastifyCookie);
    app.addHook('onRequest', store.ready);
    await app.register(fastifySession, {
      store,
      idGenerator: store.genid,
      secret: SECRET,
      // As express-session has it, so that they share a cookie.
      cookieName: COOKIE,
      cookiePrefix: 's:',
      cookie: { maxAge: HOUR_MS, secure: false },
      saveUninitialized: false,
    });
    app.get('/count', (request, reply) => {
      request.session.contador = Number(request.session.contador ?? 0) + 1;
      reply.send({ contador: request.session.contador, id: request.session.sessionId });
    });
    app.get('/read', (request, reply) => {
      reply.send({ session: request.session });
    });
    app.get<{ Querystring: { key: string } }>('/change', async (request) => {
      await readers.meet();
      request.session[request.query.key] = true;
      return {};
    });
    app.get('/login', async (request) => {
      await request.session.regenerate(['contador']);
      return { id: request.session.sessionId };
    });
    app.get('/logout', async (request) => {
      await request.session.destroy();
      return {};
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return new FastifySite(store, app, url);
  }

  async close(): Promise<void> {
    this.store.close();
    await this.#app.close();
  }
}

describe("the store under Fastify's session plugin", () => {
  let cluster: Cluster;
  let sites: FastifySite[];

  beforeAll(async () => {
    cluster = await startCluster({ store: 'memory', config: CALM });
    sites = await Promise.all(cluster.nodes.map(({ http }) => FastifySite.open(http)));
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.close()));
    await cluster.close();
  });

  function url(n: number): string {
    return sites[n % sites.length]?.url ?? '';
  }

  async function dataOf(id: string): Promise<unknown> {
    return (await cluster.node('b').client.get(id)).body['data'];
  }

  test('a counter goes up whichever host answers, under an id of the first one', async () => {
    const visitor = new Visitor();
    for (let n = 1; n <= 6; n += 1) {
      expect(await visitor.visit(`${url(n)}/count`)).toMatchObject({ status: 200, body: { contador: n } });
    }
    expect(idOf(visitor)).toMatch(/^b[0-9a-z]{26}$/);
  });

  test("what stands in the session is the application's, and what differs from a usual cookie", async () => {
    const visitor = new Visitor();
    await visitor.visit(`${url(0)}/count`);
    await visitor.visit(`${url(1)}/count`);
    const { body } = await cluster.node('b').client.get(idOf(visitor));
    expect(body['data']).toEqual({ contador: 2, _express: { cookie: { originalMaxAge: HOUR_MS } } });
    expect(body['ttlSeconds']).toBeGreaterThan(3590);
    const page = await visitor.visit(`${url(2)}/read`);
    expect(page.body['session']).not.toHaveProperty('_express');
  });

  test('requests at the same time lose nothing', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${url(0)}/count`);
    const keys = Array.from({ length: 20 }, (_, n) => `key${n}`);
    readers = new MeetingPoint(keys.length);
    await Promise.all(keys.map((key, n) => visitor.twin().visit(`${url(n)}/change?key=${key}`)));
    expect(await dataOf(idOf(visitor))).toMatchObject(Object.fromEntries(keys.map((key) => [key, true])));
  });

  test('regenerate and destroy leave the old id dead on every host (S5)', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${url(0)}/count`);
    const first = idOf(visitor);
    await visitor.visit(`${url(1)}/login`);
    const second = idOf(visitor);
    expect(second).toMatch(/^b/);
    expect(await dataOf(second)).toMatchObject({ contador: 1 });
    await visitor.visit(`${url(2)}/logout`);
    for (const { client } of cluster.nodes) {
      expect(await client.get(first)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
      expect(await client.get(second)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
  });

  test('a session of Express goes on in Fastify, and back', async () => {
    const express = await ExpressSite.open(cluster.node('a').http, (app) => {
      app.get('/count', (request, response) => {
        request.session.contador = Number(request.session.contador ?? 0) + 1;
        response.json({ contador: request.session.contador });
      });
    });
    try {
      const visitor = new Visitor();
      const { url: inExpress } = express;
      for (const [at, page] of [inExpress, url(1), url(2), inExpress, url(0)].entries()) {
        expect((await visitor.visit(`${page}/count`)).body).toMatchObject({ contador: at + 1 });
      }
      expect(idOf(visitor)).toMatch(/^a/);
    } finally {
      await express.close();
    }
  });

  test("a dead owner's visitors get a new id and cookie, and no error page", async () => {
    const visitor = new Visitor();
    await visitor.visit(`${url(2)}/count`);
    const former = idOf(visitor);
    await cluster.node('c').end('SIGKILL');
    expect(await visitor.visit(`${url(0)}/count`)).toMatchObject({ status: 200, body: { contador: 1 } });
    expect(idOf(visitor)).not.toBe(former);
    expect(await visitor.visit(`${url(1)}/count`)).toMatchObject({ status: 200, body: { contador: 2 } });
  });

  test('the daemon of the host is down: an error page, with and without a session', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${url(0)}/count`);
    for (const who of [visitor, new Visitor()]) {
      expect(await who.visit(`${url(2)}/count`)).toMatchObject({ status: 503, body: { code: 'DAEMON_UNREACHABLE' } });
    }
  });

  test('the daemon was never there: the same without `ready`', async () => {
    const [port = 0] = await freePorts(1);
    const site = await FastifySite.open(`http://127.0.0.1:${port}`);
    try {
      const page = await until('it was tried', async () => {
        const tried = await new Visitor().visit(`${site.url}/count`);
        return tried.body['code'] === 'DAEMON_UNREACHABLE' ? tried : undefined;
      });
      expect(page.status).toBe(503);
    } finally {
      await site.close();
    }
  });
});
