import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import { ExpressSite, idOf } from './express-site.ts';

function counter(app: Express): void {
  app.get('/count', (request, response) => {
    request.session.contador = Number(request.session.contador ?? 0) + 1;
    response.json({ contador: request.session.contador, id: request.sessionID });
  });
  app.get('/read', (request, response) => {
    response.json({ contador: request.session.contador ?? 0, id: request.sessionID });
  });
}

describe('a counter in Express on three hosts', () => {
  let cluster: Cluster;
  let sites: ExpressSite[];

  beforeAll(async () => {
    cluster = await startCluster({ store: 'memory', config: CALM });
    sites = await Promise.all(cluster.nodes.map(({ http }) => ExpressSite.open(http, counter)));
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.close()));
    await cluster.close();
  });

  function turn(n: number): string {
    return sites[n % sites.length]?.url ?? '';
  }

  test('goes up whichever host answers, under one id', async () => {
    const visitor = new Visitor();
    const ids = new Set<unknown>();
    for (let n = 1; n <= 9; n += 1) {
      const page = await visitor.visit(`${turn(n)}/count`);
      expect(page.body).toMatchObject({ contador: n });
      ids.add(page.body['id']);
    }
    expect(ids.size).toBe(1);
  });

  test('a new session has an id of the host that the visitor came to (S4)', async () => {
    for (const [at, { letter, client }] of cluster.nodes.entries()) {
      const visitor = new Visitor();
      await visitor.visit(`${turn(at)}/count`);
      expect(idOf(visitor)).toMatch(new RegExp(`^${letter}[0-9a-z]{26}$`));
      expect((await client.get(idOf(visitor))).body['data']).toEqual({ contador: 1 });
    }
  });

  test('the cookie of a session that nobody knows is replaced before output', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${turn(0)}/count`);
    const former = idOf(visitor);
    await cluster.node('a').client.destroy(former);

    const page = await visitor.visit(`${turn(1)}/count`);
    expect(page).toMatchObject({ status: 200, body: { contador: 1 } });
    expect(idOf(visitor)).not.toBe(former);
    expect((await visitor.visit(`${turn(2)}/count`)).body).toMatchObject({ contador: 2 });
  });

  test("a dead owner's visitors get a new id and cookie, and no error page; the others go on", async () => {
    const [atA, atB] = [new Visitor(), new Visitor()];
    await atA.visit(`${turn(0)}/count`);
    await atB.visit(`${turn(1)}/count`);
    const former = idOf(atA);
    await cluster.node('a').end('SIGKILL');

    for (let n = 2; n <= 5; n += 1) {
      expect(await atB.visit(`${turn(1 + (n % 2))}/count`)).toMatchObject({ status: 200, body: { contador: n } });
    }
    const first = await atA.visit(`${turn(1)}/count`);
    expect(first).toMatchObject({ status: 200, body: { contador: 1 } });
    expect(idOf(atA)).not.toBe(former);
    expect(idOf(atA)).toMatch(/^b/);
    expect(await atA.visit(`${turn(2)}/count`)).toMatchObject({ status: 200, body: { contador: 2 } });

    await cluster.node('a').start();
    await cluster.settled();
    await until(
      'the site of a has ids again',
      async () => (await new Visitor().visit(`${turn(0)}/read`)).status === 200,
    );
    expect(await atA.visit(`${turn(0)}/count`)).toMatchObject({ status: 200, body: { contador: 3 } });
  });

  test('parallel requests of a visitor whose host died end up in one session', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${turn(2)}/count`);
    await cluster.node('c').end('SIGKILL');
    const tabs = Array.from({ length: 6 }, () => visitor.twin());
    const pages = await Promise.all(tabs.map((tab, n) => tab.visit(`${turn(n % 2)}/count`)));
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
    expect(new Set(tabs.map(idOf)).size).toBe(1);
  });
});
