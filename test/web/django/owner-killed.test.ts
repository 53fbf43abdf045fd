import { beforeAll, describe, expect, test } from 'vitest';
import { CALM } from '../../support/cluster.ts';
import { DjangoSite, DjangoVisitor, turnOf } from './django-site.ts';

describe('Django, a host dies', () => {
  let site: DjangoSite;
  const orphans: DjangoVisitor[] = [];
  const others: DjangoVisitor[] = [];

  async function regular(letter: string): Promise<DjangoVisitor> {
    const visitor = new DjangoVisitor();
    await visitor.visit(site.host(letter), '/count');
    await visitor.visit(site.host(letter), '/count');
    return visitor;
  }

  beforeAll(async () => {
    site = await DjangoSite.open({ config: CALM }, { timeout: 5 });
    for (let n = 0; n < 4; n += 1) {
      orphans.push(await regular('b'));
      others.push(await regular(n % 2 === 0 ? 'a' : 'c'));
    }
    await site.cluster.node('b').end('SIGKILL');
    await site.host('b').application.stop();
    return () => site.close();
  });

  const survivors = (): DjangoSite['hosts'] => site.hosts.filter(({ letter }) => letter !== 'b');

  test('its visitors start again under a new cookie, at once and without an error page', async () => {
    const before = orphans.map(({ id }) => id);
    const first = await Promise.all(orphans.map((visitor, n) => visitor.visit(turnOf(survivors(), n), '/count')));
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(first.map(({ body }) => body['contador'])).toEqual([1, 1, 1, 1]);
    const fresh = orphans.map(({ id }) => id);
    expect(fresh.filter((id) => before.includes(id) || id.startsWith('b'))).toEqual([]);
    expect(new Set(fresh).size).toBe(orphans.length);

    const second = await Promise.all(orphans.map((visitor, n) => visitor.visit(turnOf(survivors(), n + 1), '/count')));
    expect(second.map(({ body }) => body['contador'])).toEqual([2, 2, 2, 2]);
    expect(orphans.map(({ id }) => id)).toEqual(fresh);
  });

  test('visitors of the other hosts go on counting', async () => {
    const pages = await Promise.all(others.map((visitor, n) => visitor.visit(turnOf(survivors(), n), '/count')));
    expect(pages.map(({ body }) => body['contador'])).toEqual([3, 3, 3, 3]);
  });

  test('parallel requests of one orphan on all hosts land on one and the same new id, readers too', async () => {
    // Nobody has asked for this one since its owner died.
    const orphan = DjangoVisitor.withCookie(`b${'0123456789'.repeat(3).slice(0, 26)}`);
    const tabs = Array.from({ length: 8 }, () => orphan.twin());
    const pages = await Promise.all(
      tabs.map((tab, n) => tab.visit(turnOf(survivors(), n), n < 4 ? '/read' : `/put?key=key${n}&value=${n}`)),
    );
    expect(pages.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(tabs.map(({ id }) => id)).size).toBe(1);
    expect(tabs[0]?.id).not.toBe(orphan.id);
    const { body } = await DjangoVisitor.withCookie(tabs[0]?.id ?? '').visit(turnOf(survivors(), 0), '/read');
    expect(body).toEqual({ contador: 0, key4: 4, key5: 5, key6: 6, key7: 7 });
  });

  test('a login of an orphan gives it a session of its own', async () => {
    const orphan = DjangoVisitor.withCookie(`b${'abcdefghij'.repeat(3).slice(0, 26)}`);
    expect((await orphan.visit(turnOf(survivors(), 0), '/log_in')).status).toBe(200);
    expect((await orphan.visit(turnOf(survivors(), 1), '/who')).body['user']).toBe('ana');
  });
});
