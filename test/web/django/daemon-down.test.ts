import { beforeEach, describe, expect, test } from 'vitest';
import { DjangoVisitor, startDjango, startLoneDaemon, type DjangoHost, type LoneDaemon } from './django-site.ts';

/** The default of MAGLIA['timeout']. */
const TIMEOUT_MS = 1000;

/** What a busy machine may add to it. */
const LEEWAY_MS = 3000;

describe.each(['tcp', 'unix'])('Django and the daemon of its host, over %s', (kind) => {
  let daemon: LoneDaemon;
  let host: DjangoHost;
  let visitor: DjangoVisitor;

  beforeEach(async () => {
    daemon = await startLoneDaemon();
    const url = kind === 'unix' ? `unix://${daemon.socket}` : daemon.node.http;
    host = { letter: 'a', application: await startDjango({ url }) };
    visitor = new DjangoVisitor();
    return async () => {
      await host.application.stop();
      await daemon.close();
    };
  });

  test('the session is kept from page to page', async () => {
    for (let n = 1; n <= 3; n += 1) expect((await visitor.visit(host, '/count')).body['contador']).toBe(n);
    expect((await daemon.node.client.get(visitor.id)).body['data']).toEqual({ contador: 3 });
  });

  test('a daemon that is down is an error page that says so, fast, and the cookie stays', async () => {
    await visitor.visit(host, '/count');
    const { id } = visitor;
    await daemon.node.end('SIGKILL');
    for (const path of ['/read', '/count', '/flush']) {
      const page = await visitor.visit(host, path);
      expect(page.status).toBe(500);
      expect(page.text).toContain('DaemonUnavailable');
      expect(page.text).toContain('does not answer');
      expect(page.tookMs).toBeLessThan(TIMEOUT_MS + LEEWAY_MS);
    }
    expect(visitor.id).toBe(id);
  });

  test('a page that has nothing to do with the session goes on without the daemon', async () => {
    await daemon.node.end('SIGKILL');
    expect((await visitor.visit(host, '/plain')).status).toBe(200);
  });

  test('a daemon that is frozen is given up after the timeout, and used again when it wakes', async () => {
    await visitor.visit(host, '/count');
    daemon.node.signal('SIGSTOP');
    const page = await visitor.visit(host, '/read');
    expect(page.status).toBe(500);
    expect(page.text).toContain('no answer within 1 s');
    expect(page.tookMs).toBeLessThan(TIMEOUT_MS + LEEWAY_MS);
    daemon.node.signal('SIGCONT');
    await daemon.node.ready();
    expect((await visitor.visit(host, '/count')).body['contador']).toBe(2);
  });

  test('a daemon that was restarted is talked to over a new connection, without an error page', async () => {
    await visitor.visit(host, '/count');
    await daemon.node.end('SIGKILL');
    await daemon.node.start();
    for (const path of ['/count', '/log_in', '/count']) expect((await visitor.visit(host, path)).status).toBe(200);
  });
});
