import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import type { Visitor } from '../../support/visitor.ts';
import { idOf, PhpSite, type PhpSettings } from './php-site.ts';

const YEAR_SECONDS = 31_536_000;

describe.each<PhpSettings>([
  { 'session.gc_maxlifetime': 63_072_000 },
  { 'session.gc_maxlifetime': 2_147_483_647 },
  { 'session.gc_maxlifetime': 63_072_000, 'maglia.format': 'php' },
])('PHP with %o, more than a daemon gives', (settings) => {
  let site: PhpSite;

  beforeAll(async () => {
    site = await PhpSite.open(settings, { letters: ['a', 'b'], store: 'memory' });
    return () => site.close();
  });

  async function lifeOf(visitor: Visitor): Promise<unknown> {
    return (await site.stored(idOf(visitor)))['ttlSeconds'];
  }

  test('every page works, and its session lives a year', async () => {
    const visitor = await site.visitorOf('a');
    expect(await lifeOf(visitor)).toBeGreaterThan(YEAR_SECONDS - 60);
    for (const [n, host] of ['b', 'a', 'b'].entries()) {
      const page = await site.visit(visitor, host, '/count');
      expect(page.body, page.text).toMatchObject({ counter: n + 2, complaints: [] });
    }
    expect((await site.visit(visitor, 'a', '/read')).status).toBe(200);
    expect((await site.visit(visitor, 'b', '/regenerate?delete')).status).toBe(200);
    expect(await lifeOf(visitor)).toBeGreaterThan(YEAR_SECONDS - 60);
    expect(await lifeOf(visitor)).toBeLessThanOrEqual(YEAR_SECONDS);
  });

  test("it is said once for each new session, in PHP's log and not on the page", async () => {
    const said = (): number => site.application('a').output.split(`gives at most ${YEAR_SECONDS}`).length - 1;
    const before = said();
    const visitor = await site.visitorOf('a');
    for (let n = 0; n < 3; n += 1) await site.visit(visitor, 'a', '/count');
    await site.visitorOf('a');
    await until('it is said', () => said() >= before + 2);
    expect(said()).toBe(before + 2);
  });
});
