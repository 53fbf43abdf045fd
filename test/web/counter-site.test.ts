import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { count, CounterSite, visitorOwnedBy, type Application } from '../support/counter-site.ts';
import { isRunning } from '../support/process-life.ts';
import { SessionClient } from '../support/session-client.ts';
import { until } from '../support/until.ts';
import { Visitor } from '../support/visitor.ts';

const LETTERS = ['a', 'b', 'c'] as const;
const LANGUAGES = ['php', 'django', 'express'] as const satisfies readonly Application['language'][];

let site: CounterSite;

const start = async (): Promise<void> => {
  site = await CounterSite.start();
};

const stop = (): Promise<void> => site.stop();

describe('the counter site', () => {
  beforeAll(start);
  afterAll(stop);

  test('counts 90 requests over 3 hosts and 3 languages to 90, each answered by another one in turn', async () => {
    const visitor = new Visitor();
    const answered = new Map<string, number>();
    for (let n = 1; n <= 90; n += 1) {
      const { counter, status } = await count(visitor, site.url);
      expect([status, counter.contador]).toEqual([200, n]);
      const who = `${counter.language} on ${counter.host}`;
      answered.set(who, (answered.get(who) ?? 0) + 1);
    }
    expect([...answered.values()]).toEqual(Array.from({ length: 9 }, () => 10));
  });

  test.each(LANGUAGES)('a name and an e-mail set in %s are read in the others, on every host', async (language) => {
    const visitor = new Visitor();
    const set = { name: 'Ana <Ñandú> "A"', email: 'ana@example.org' };
    const saved = await visitor.visit(site.direct('a', language), { form: set });
    expect(saved.status).toBe(303);
    for (const [n, [letter, reader]] of LETTERS.flatMap((each) =>
      LANGUAGES.map((other) => [each, other] as const),
    ).entries()) {
      const { counter } = await count(visitor, site.direct(letter, reader));
      expect(counter).toMatchObject({ ...set, contador: n + 1, host: letter });
    }
    const shown = await visitor.visit(site.direct('b', language));
    expect(shown.text).toContain('<p id="contador">10</p>');
    expect(shown.text).not.toContain('<Ñandú>');
  });

  test.each(LANGUAGES)(
    'a login in %s gives the visitor a new id, keeps the session, and leaves the old id dead on every node',
    async (language) => {
      const visitor = await visitorOwnedBy(site, 'b');
      const old = visitor.cookie('maglia') ?? '';
      const thief = visitor.twin();
      expect((await visitor.visit(`${site.direct('c', language)}login`, { form: {} })).status).toBe(303);
      expect(visitor.cookie('maglia')).not.toBe(old);
      expect((await count(visitor, site.url)).counter.contador).toBe(2);
      for (const { daemon } of site.hosts) {
        const client = new SessionClient(daemon.http);
        expect((await client.get(old)).status).toBe(404);
        client.close();
      }
      expect((await count(thief, site.direct('a', 'django'))).counter.contador).toBe(1);
      expect(thief.cookie('maglia')).not.toBe(old);
    },
  );

  test.each(LANGUAGES)('a logout in %s ends the session in every language', async (language) => {
    const visitor = await visitorOwnedBy(site, 'a');
    await count(visitor, site.url);
    const thief = visitor.twin();
    await visitor.visit(`${site.direct('c', language)}logout`, { form: {} });
    for (const reader of LANGUAGES) {
      expect((await count(thief.twin(), site.direct('b', reader))).counter.contador).toBe(1);
    }
  });
});

describe('the counter site, when something dies', () => {
  beforeEach(start);
  afterEach(stop);

  test('a host dies: the others go on counting, its own visitors start again with a new cookie, and errors are rare', async () => {
    const visitors = new Map<string, Visitor[]>();
    for (const letter of LETTERS) {
      visitors.set(letter, await Promise.all(Array.from({ length: 5 }, () => visitorOwnedBy(site, letter))));
    }
    const reachedBefore = 4;
    const everybody = [...visitors].flatMap(([letter, all]) => all.map((visitor) => ({ letter, visitor })));
    for (let n = 1; n < reachedBefore; n += 1) {
      await Promise.all(everybody.map(({ visitor }) => count(visitor, site.url)));
    }

    const cookies = new Map(everybody.map(({ visitor }) => [visitor, visitor.cookie('maglia')]));
    site.lose('b');
    for (const { letter, visitor } of everybody) {
      // Nobody sees an error page twice.
      const pages = [await count(visitor, site.url)];
      if (pages[0]?.status !== 200) pages.push(await count(visitor, site.url));
      const { counter, status } = pages.at(-1) ?? expect.fail('no page');
      expect(status).toBe(200);
      expect(counter.host).not.toBe('b');
      if (letter === 'b') {
        expect(counter.contador).toBeLessThanOrEqual(pages.length);
        expect(visitor.cookie('maglia')).not.toBe(cookies.get(visitor));
        expect(counter.session).toMatch(/^[ac]/);
      } else {
        expect(counter.contador).toBeGreaterThan(reachedBefore);
        expect(visitor.cookie('maglia')).toBe(cookies.get(visitor));
      }
    }
    for (const { visitor } of everybody) {
      const before = (await count(visitor, site.url)).counter.contador;
      expect((await count(visitor, site.url)).counter.contador).toBe(before + 1);
    }
  });

  test('a Ctrl-C leaves nothing behind, though npm passes on what the terminal sends as well', async () => {
    expect(site.pids.filter(isRunning)).toEqual(site.pids);
    site.signal('SIGINT');
    await until('the first is heeded', () => !site.pids.every(isRunning));
    site.signal('SIGINT');
    await site.stop();
    expect(site.pids.filter(isRunning)).toEqual([]);
  });

  test('the local daemon down is said clearly, at once, in every language', async () => {
    process.kill(site.host('c').daemon.pid, 'SIGKILL');
    for (const language of LANGUAGES) {
      const page = await until(
        `${language} finds its daemon gone`,
        async () => {
          const seen = await new Visitor().visit(site.direct('c', language), { accept: 'application/json' });
          return seen.status === 200 ? undefined : seen;
        },
        5000,
      );
      expect([500, 503]).toContain(page.status);
      expect(page.tookMs).toBeLessThan(5000);
    }
  });
});
