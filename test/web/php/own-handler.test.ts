import { beforeAll, describe, expect, test } from 'vitest';
import { Visitor } from '../../support/visitor.ts';
import { idOf, PhpSite } from './php-site.ts';

describe("what applications do with PHP's session handlers", () => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open({}, { letters: ['a', 'b'], store: 'memory' });
    return () => site.close();
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

  test('a cookie handed on to destroy() that has CR LF in it destroys nothing else', async () => {
    const victim = await site.visitorOf('a');
    const page = await site.visit(new Visitor(), 'a', `/destroy-cookie?victim=${idOf(victim)}`);
    expect(page.status, page.text).toBe(200);
    expect(page.body['outcome']).toBe('Maglia\\Refused');
    expect((await site.visit(victim, 'b', '/count')).body['counter']).toBe(2);
  });
});
