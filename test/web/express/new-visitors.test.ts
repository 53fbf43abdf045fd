import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MagliaStore } from '../../../src/clients/express-store.ts';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { Visitor } from '../../support/visitor.ts';
import { COOKIE, ExpressSite, idOf, PATIENT_MS, SECRET } from './express-site.ts';

interface Site {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The page `/login?times=…` regenerates so often, and answers with the id that the session has then. */
async function openFastify(http: string): Promise<Site> {
  const store = new MagliaStore({ url: http, deadlineMs: PATIENT_MS });
  const app = fastify();
  await app.register(fastifyCookie);
  app.addHook('onRequest', store.ready);
  await app.register(fastifySession, {
    store,
    idGenerator: store.genid,
    secret: SECRET,
    cookieName: COOKIE,
    cookiePrefix: 's:',
    cookie: { secure: false },
    saveUninitialized: false,
  });
  app.get<{ Querystring: { times: string } }>('/login', async (request) => {
    request.session.contador = 1;
    for (let n = 0; n < Number(request.query.times); n += 1) await request.session.regenerate(['contador']);
    return { id: request.session.sessionId };
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    close: async () => {
      store.close();
      await app.close();
    },
  };
}

function openExpress(http: string): Promise<Site> {
  return ExpressSite.open(http, (app) => {
    app.get('/login', (request, response, next) => {
      const regenerate = (times: number): void => {
        if (times === 0) {
          request.session.contador = 1;
          response.json({ id: request.sessionID });
          return;
        }
        request.session.regenerate((error: unknown) => {
          if (error === undefined || error === null) regenerate(times - 1);
          else next(error);
        });
      };
      regenerate(Number(request.query['times']));
    });
  });
}

describe.each([
  { framework: 'Fastify', open: openFastify },
  { framework: 'Express', open: openExpress },
])('new visitors who log in at the same time, under $framework', ({ open }) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a', 'b'], store: 'memory', config: CALM });
  });
  afterAll(() => cluster.close());

  /** Expects that all of them are let in, under an id of their own each that the daemon knows. */
  async function logIn(crowd: readonly Visitor[], site: Site, times = 1): Promise<void> {
    const pages = await Promise.all(crowd.map((visitor) => visitor.visit(`${site.url}/login?times=${times}`)));
    const refused = pages.filter(({ status }) => status !== 200).map(({ status, body }) => [status, body['code']]);
    expect(refused).toEqual([]);
    const ids = crowd.map(idOf);
    expect(pages.map(({ body }) => body['id'])).toEqual(ids);
    expect(new Set(ids).size).toBe(crowd.length);
    for (const id of ids.slice(0, 10)) {
      expect((await cluster.node('b').client.get(id)).body['data']).toMatchObject({ contador: 1 });
    }
  }

  function newVisitors(count: number): Visitor[] {
    return Array.from({ length: count }, () => new Visitor());
  }

  async function withSite(use: (site: Site) => Promise<void>): Promise<void> {
    const site = await open(cluster.node('a').http);
    try {
      await use(site);
    } finally {
      await site.close();
    }
  }

  test('the very first request after a start is one', async () => {
    await withSite((site) => logIn(newVisitors(1), site));
  });

  test.each([100, 300])('%d of them, the first requests after a start, all get in', async (count) => {
    await withSite((site) => logIn(newVisitors(count), site));
  });

  test('300 visitors with a session log in again, all at once', async () => {
    await withSite(async (site) => {
      const crowd = newVisitors(300);
      await logIn(crowd, site);
      await logIn(crowd, site);
    });
  });

  test('100 of them whose sessions are regenerated four times each in one request', async () => {
    await withSite((site) => logIn(newVisitors(100), site, 4));
  });
});
