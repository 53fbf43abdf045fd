import type { Express, Request } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type Cluster } from '../../support/cluster.ts';
import { Visitor } from '../../support/visitor.ts';
import { ExpressSite, idOf } from './express-site.ts';
import { MeetingPoint } from './meeting-point.ts';

type Session = Request['session'];

/** So many requests at once may take seconds where others use the machine too; nobody dies here. */
const PATIENT = {
  timings: { suspectAfterMs: 1000, deadAfterMs: 4000, operationMs: 5000, storeMs: 2000, hardCapMs: 6000 },
};

/** What the next request to /start puts into the session. */
let beginning: Readonly<Record<string, unknown>> = {};
/** What the next requests to /change do, each after all of them have read the session. */
let changes: ((session: Session) => void)[] = [];
let readers = new MeetingPoint(0);
let writers = new MeetingPoint(0);

function routes(app: Express): void {
  app.get('/start', (request, response) => {
    Object.assign(request.session, beginning);
    response.json({});
  });
  app.get('/change', async (request, response, next) => {
    const change = changes[Number(request.query['n'])];
    await readers.meet();
    change?.(request.session);
    // Not only at the end, when the page is on its way already and cannot tell of an error.
    request.session.save((error?: Error) => {
      if (error === undefined) response.json({});
      else next(error);
    });
  });
  // Reads along with one other request, and writes after that one was answered.
  app.get('/slow', async (request, response) => {
    await readers.meet();
    await writers.meet();
    request.session['slow'] = true;
    response.json({ id: request.sessionID });
  });
  app.get('/login', async (request, response, next) => {
    await readers.meet();
    request.session.regenerate((error?: Error) => {
      if (error !== undefined) {
        next(error);
        return;
      }
      request.session['user'] = 'Ana';
      response.json({ id: request.sessionID });
    });
  });
  app.get('/logout', async (request, response, next) => {
    await readers.meet();
    request.session.destroy((error?: Error) => {
      if (error === undefined) response.json({});
      else next(error);
    });
  });
}

describe('requests of one visitor at the same time', () => {
  let cluster: Cluster;
  let merging: ExpressSite[];
  let overwriting: ExpressSite[];

  beforeAll(async () => {
    cluster = await startCluster({ config: PATIENT });
    merging = await Promise.all(cluster.nodes.map(({ http }) => ExpressSite.open(http, routes)));
    overwriting = await Promise.all(
      cluster.nodes.map(({ http }) => ExpressSite.open(http, routes, { store: { merge: false } })),
    );
  });

  afterAll(async () => {
    await Promise.all([...merging, ...overwriting].map((site) => site.close()));
    await cluster.close();
  });

  async function visitorWith(data: Readonly<Record<string, unknown>>): Promise<Visitor> {
    beginning = data;
    const visitor = new Visitor();
    await visitor.visit(`${urlOf(merging, 0)}/start`);
    return visitor;
  }

  /** All read, then all write, on all hosts. */
  async function changeAtOnce(
    sites: readonly ExpressSite[],
    visitor: Visitor,
    all: ((session: Session) => void)[],
  ): Promise<void> {
    changes = all;
    readers = new MeetingPoint(all.length);
    const pages = await Promise.all(all.map((_, n) => visitor.twin().visit(`${urlOf(sites, n)}/change?n=${n}`)));
    expect(pages.map(({ status, text }) => [status, text])).toEqual(all.map(() => [200, '{}']));
  }

  async function dataOf(visitor: Visitor): Promise<unknown> {
    const answer = await cluster.node('b').client.get(idOf(visitor));
    return answer.body['data'];
  }

  test('50 that each set a different key lose none', async () => {
    const visitor = await visitorWith({ name: 'Ana' });
    const keys = Array.from({ length: 50 }, (_, n) => `key${n}`);
    await changeAtOnce(
      merging,
      visitor,
      keys.map((key, n) => (session) => (session[key] = n)),
    );
    expect(await dataOf(visitor)).toEqual({ name: 'Ana', ...Object.fromEntries(keys.map((key, n) => [key, n])) });
  });

  test('each key has the value of the request that changed it, and is gone where one removed it', async () => {
    const visitor = await visitorWith({ kept: 1, changed: 1, removed: 1 });
    await changeAtOnce(merging, visitor, [
      (session) => (session['changed'] = 2),
      (session) => delete session['removed'],
      (session) => (session['added'] = ['a', null, { deep: null }]),
      () => undefined,
    ]);
    expect(await dataOf(visitor)).toEqual({ kept: 1, changed: 2, added: ['a', null, { deep: null }] });
  });

  test('objects are merged key by key, all the way down', async () => {
    const visitor = await visitorWith({ cart: { book: 1, pen: { blue: 1, red: 1 } } });
    await changeAtOnce(merging, visitor, [
      (session) => ((session['cart'] as Record<string, unknown>)['lamp'] = 1),
      (session) => delete (session['cart'] as Record<string, unknown>)['book'],
      (session) => delete (session['cart'] as { pen: Record<string, unknown> }).pen['red'],
    ]);
    expect(await dataOf(visitor)).toEqual({ cart: { lamp: 1, pen: { blue: 1 } } });
  });

  test('a key that becomes null, which a merge patch cannot say, becomes null and undoes nothing', async () => {
    const visitor = await visitorWith({ name: 'Ana', phone: '1' });
    await changeAtOnce(merging, visitor, [
      (session) => (session['phone'] = null),
      (session) => (session['user'] = { mail: null }),
      (session) => (session['other'] = 1),
      (session) => delete session['name'],
    ]);
    expect(await dataOf(visitor)).toEqual({ phone: null, user: { mail: null }, other: 1 });
  });

  test('without merging the last one to write wins, as with other stores', async () => {
    const visitor = await visitorWith({ name: 'Ana' });
    await changeAtOnce(overwriting, visitor, [
      (session) => (session['first'] = true),
      (session) => (session['second'] = true),
    ]);
    expect([
      { name: 'Ana', first: true },
      { name: 'Ana', second: true },
    ]).toContainEqual(await dataOf(visitor));
  });

  test.each(['login', 'logout'])('after a %s a slower request cannot write under the old id (S5)', async (page) => {
    const visitor = await visitorWith({ name: 'Ana' });
    const former = idOf(visitor);
    const tab = visitor.twin();
    readers = new MeetingPoint(2);
    writers = new MeetingPoint(2);
    const slow = tab.visit(`${urlOf(merging, 1)}/slow`);
    const done = await visitor.visit(`${urlOf(merging, 2)}/${page}`);
    await writers.meet();

    // What it had to add to a session that was destroyed on purpose is nobody's error.
    expect(await slow).toMatchObject({ status: 200, body: { id: former } });
    for (const { client } of cluster.nodes) {
      expect(await client.get(former)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
    if (page !== 'login') return;
    expect(done.body['id']).toBe(idOf(visitor));
    expect(idOf(visitor)).toMatch(/^c/);
    expect(idOf(visitor)).not.toBe(former);
    expect(await dataOf(visitor)).toEqual({ user: 'Ana' });
  });
});

function urlOf(sites: readonly ExpressSite[], n: number): string {
  return sites[n % sites.length]?.url ?? '';
}
