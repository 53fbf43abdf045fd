import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, prepareCluster, startCluster, type Cluster } from '../../support/cluster.ts';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import { ExpressSite } from './express-site.ts';

function routes(app: Express): void {
  app.get('/count', (request, response) => {
    request.session.contador = Number(request.session.contador ?? 0) + 1;
    response.json({ contador: request.session.contador });
  });
  app.get('/static', (_request, response) => response.json({}));
  app.get('/save', (request, response, next) => {
    request.session['big'] = 'x'.repeat(Number(request.query['bytes']));
    request.session.save((error?: Error) => {
      if (error === undefined) response.json({});
      else next(error);
    });
  });
}

const DEADLINE_MS = 400;
/** For the page around the store's call, on a busy machine. */
const LEEWAY_MS = 600;

describe('when the daemon of the host', () => {
  let cluster: Cluster;
  let site: ExpressSite;

  beforeAll(async () => {
    cluster = await startCluster({ letters: ['a'], store: 'memory', config: CALM });
    site = await ExpressSite.open(cluster.node('a').http, routes, { store: { deadlineMs: DEADLINE_MS } });
  });

  afterAll(async () => {
    await site.close();
    await cluster.close();
  });

  test('stands still, the visitor gets an error page within the deadline', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${site.url}/count`);
    cluster.node('a').signal('SIGSTOP');
    try {
      const page = await visitor.visit(`${site.url}/count`);
      expect(page).toMatchObject({ status: 503, body: { code: 'DAEMON_SILENT' } });
      expect(page.tookMs).toBeLessThan(DEADLINE_MS + LEEWAY_MS);
    } finally {
      cluster.node('a').signal('SIGCONT');
    }
    await until('it answers again', async () => (await visitor.visit(`${site.url}/static`)).status === 200);
    expect((await visitor.visit(`${site.url}/count`)).body).toMatchObject({ contador: 2 });
  });

  test('refuses a session as too large, the page says so', async () => {
    const page = await new Visitor().visit(`${site.url}/save?bytes=1100000`);
    expect(page).toMatchObject({ status: 500, body: { code: 'TOO_LARGE' } });
  });

  test('is down, visitors with and without a session get an error page that says what to do, until it is back', async () => {
    const visitor = new Visitor();
    await visitor.visit(`${site.url}/count`);
    await cluster.node('a').end('SIGTERM');
    for (const who of [visitor, new Visitor()]) {
      const page = await who.visit(`${site.url}/count`);
      expect(page).toMatchObject({ status: 503, body: { code: 'DAEMON_UNREACHABLE' } });
      expect(page.text).toContain('maglia serve');
      expect(page.tookMs).toBeLessThan(DEADLINE_MS + LEEWAY_MS);
    }

    await cluster.node('a').start();
    expect(await visitor.visit(`${site.url}/count`)).toMatchObject({ status: 200, body: { contador: 1 } });
    expect(await new Visitor().visit(`${site.url}/count`)).toMatchObject({ status: 200, body: { contador: 1 } });
  });

  test('was never there, an application without `ready` gets the same error page', async () => {
    const [port = 0] = await freePorts(1);
    const bare = await ExpressSite.open(`http://127.0.0.1:${port}`, routes, { isPatient: false });
    try {
      const page = await until('it was tried', async () => {
        const tried = await new Visitor().visit(`${bare.url}/static`);
        return tried.body['code'] === 'DAEMON_UNREACHABLE' ? tried : undefined;
      });
      expect(page.status).toBe(503);
    } finally {
      await bare.close();
    }
  });
});

describe('what answers at the url', () => {
  let other: Server;

  beforeAll(async () => {
    other = createServer((_request, response) => response.writeHead(404).end('<h1>Not found</h1>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise((resolve) => other.close(resolve)));

  test('may be no daemon at all; the page says so', async () => {
    const { port } = other.address() as AddressInfo;
    const site = await ExpressSite.open(`http://127.0.0.1:${port}`, routes);
    try {
      expect(await new Visitor().visit(`${site.url}/static`)).toMatchObject({
        status: 500,
        body: { code: 'NOT_MAGLIA' },
      });
    } finally {
      await site.close();
    }
  });
});

describe('a door that demands a token, on a unix socket', () => {
  const token = 'token-that-only-these-tests-know';
  let cluster: Cluster;
  let socket: string;

  beforeAll(async () => {
    cluster = await prepareCluster({ letters: ['a'], store: 'memory', config: CALM });
    const { directory, http } = cluster.node('a');
    socket = join(directory, 'http.sock');
    writeFileSync(join(directory, 'token'), token, { mode: 0o600 });
    const file = join(directory, 'cluster.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const doors = { http: [http.replace('http://', ''), socket], tokenFile: 'token' };
    writeFileSync(file, JSON.stringify({ ...config, doors }));
    await cluster.node('a').start();
  });

  afterAll(() => cluster.close());

  test('lets in who has it', async () => {
    const site = await ExpressSite.open(`unix:${socket}`, routes, { store: { token } });
    try {
      const visitor = new Visitor();
      for (const contador of [1, 2]) {
        expect(await visitor.visit(`${site.url}/count`)).toMatchObject({ status: 200, body: { contador } });
      }
    } finally {
      await site.close();
    }
  });

  test('is named on the error page of who has not', async () => {
    const site = await ExpressSite.open(`unix:${socket}`, routes);
    try {
      const page = await new Visitor().visit(`${site.url}/count`);
      expect(page).toMatchObject({ status: 500, body: { code: 'UNAUTHORIZED' } });
    } finally {
      await site.close();
    }
  });
});
