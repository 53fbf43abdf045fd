import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { Visitor } from '../../support/visitor.ts';
import type { WebApplication } from '../../support/web-application.ts';
import { idOf, PhpSite, startPhp } from './php-site.ts';

describe("what applications do with PHP's session handlers", () => {
  let site: PhpSite;
  /** A PHP that knows nothing of maglia. */
  let plain: WebApplication;

  beforeAll(async () => {
    site = await PhpSite.open({}, { letters: ['a', 'b'], store: 'memory' });
    plain = await startPhp({ auto_prepend_file: '', 'session.save_path': tmpdir() });
    return async () => {
      await plain.stop();
      await site.close();
    };
  });

  test('six functions of its own, set under auto_prepend_file, open, write, regenerate and destroy as with plain PHP', async () => {
    const page = await site.visit(new Visitor(), 'a', '/own-handler');
    expect(page.status, page.text).toBe(200);
    const { ids, afterRegenerate, seen, destroyed, kept } = page.body as Record<string, unknown> & { ids: string[] };
    const [first, second] = ids;
    expect(new Set(ids).size).toBe(2);
    expect(Object.keys(afterRegenerate as object)).toEqual([second]);
    expect(seen).toEqual({ own: 2 });
    expect(destroyed).toEqual([first, second]);
    expect(kept).toEqual([]);
    expect(page.body['complaints']).toEqual([]);
  });

  test('its sessions are where it keeps them: the daemon has been asked for none', async () => {
    const page = await site.visit(new Visitor(), 'a', '/own-handler');
    for (const id of page.body['ids'] as string[]) {
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(await site.cluster.node('b').client.get(id)).toMatchObject({
        status: 400,
        body: { code: 'MALFORMED_ID' },
      });
    }
  });

  test.each([
    { lazy: 1, strict: 1 },
    { lazy: 1, strict: 0 },
    { lazy: 0, strict: 1 },
    { lazy: 0, strict: 0 },
  ])(
    'its six functions are called as in plain PHP: write also where nothing changed, so that sessions live on ($lazy, $strict)',
    async ({ lazy, strict }) => {
      const path = `/own-handler-calls?lazy=${lazy}&strict=${strict}`;
      const expected = await new Visitor().visit(plain.url + path);
      const page = await site.visit(new Visitor(), 'a', path);
      expect(page.status, page.text).toBe(200);
      expect(page.body['calls']).toEqual(expected.body['calls']);
      expect(page.body['calls']).toContain('write its own');
      expect(page.body['complaints']).toEqual([]);
    },
  );

  test('so are those that are set after a session of ours has been finished, which stays as it is', async () => {
    const path = '/own-handler-calls?lazy=1&strict=1';
    const expected = await new Visitor().visit(plain.url + path);
    const visitor = await site.visitorOf('a');
    const page = await site.visit(visitor, 'a', `${path}&after=1`);
    expect(page.status, page.text).toBe(200);
    expect(page.body['calls']).toEqual(expected.body['calls']);
    expect((await site.stored(String(page.body['had'])))['data']).toEqual({ counter: 2 });
  });

  test('a cookie handed on to destroy() that has CR LF in it destroys nothing else', async () => {
    const victim = await site.visitorOf('a');
    const page = await site.visit(new Visitor(), 'a', `/destroy-cookie?victim=${idOf(victim)}`);
    expect(page.status, page.text).toBe(200);
    expect(page.body['outcome']).toBe('Maglia\\Refused');
    expect((await site.visit(victim, 'b', '/count')).body['counter']).toBe(2);
  });
});
