import { beforeAll, describe, expect, test } from 'vitest';
import { CALM } from '../../support/cluster.ts';
import { buildGate } from '../../support/gate.ts';
import { buildMeetingPoint, DjangoSite, DjangoVisitor, errorOn } from './django-site.ts';

const ROUND_ROBIN_REQUESTS = 30;
const PARALLEL_REQUESTS = 50;

/** Fifty requests at once on three hosts that share a few cores: what is measured here is that none is lost. */
const PATIENT = { timings: { ...CALM.timings, operationMs: 4000, hardCapMs: 6000 } };

describe('Django on three hosts', () => {
  let site: DjangoSite;

  beforeAll(async () => {
    site = await DjangoSite.open({ config: PATIENT }, { timeout: 10 });
    return () => site.close();
  });

  async function regular(letter: string): Promise<DjangoVisitor> {
    const visitor = new DjangoVisitor();
    const page = await visitor.visit(site.host(letter), '/count');
    expect(page.status, page.text).toBe(200);
    return visitor;
  }

  test('a new session gets an id of the host that the visitor came to', async () => {
    for (const letter of ['a', 'b', 'c']) expect((await regular(letter)).id).toMatch(new RegExp(`^${letter}`));
  });

  test('contador goes up by one on each request, whichever host answers', async () => {
    const visitor = new DjangoVisitor();
    const counters: unknown[] = [];
    for (let n = 0; n < ROUND_ROBIN_REQUESTS; n += 1) {
      const page = await visitor.visit(site.turn(n), '/count');
      expect(page.status, page.text).toBe(200);
      counters.push(page.body['contador']);
    }
    expect(counters).toEqual(Array.from({ length: ROUND_ROBIN_REQUESTS }, (_, n) => n + 1));
  });

  test('the session is one flat JSON object, and what another application adds to it is read and left alone', async () => {
    const visitor = await regular('a');
    const { client } = site.cluster.node('b');
    expect((await client.get(visitor.id)).body['data']).toEqual({ contador: 1 });
    const added = { name: 'Ana', _express: { cookie: { path: '/' } } };
    await client.call('PATCH', `/v1/sessions/${visitor.id}`, { data: added });
    expect((await visitor.visit(site.host('c'), '/count')).body).toMatchObject({ contador: 2, name: 'Ana' });
    expect((await client.get(visitor.id)).body['data']).toEqual({ contador: 2, ...added });
  });

  test.each([
    { what: 'a number', value: (n: number): unknown => n },
    { what: 'a dictionary', value: (n: number): unknown => ({ n, none: null }) },
  ])('50 requests at the same time that each set $what under a different key lose none', async ({ value }) => {
    const visitor = await regular('a');
    const meeting = await buildMeetingPoint(PARALLEL_REQUESTS);
    try {
      const pages = await Promise.all(
        Array.from({ length: PARALLEL_REQUESTS }, (_, n) => {
          const query = new URLSearchParams({ key: `key${n}`, value: JSON.stringify(value(n)), gate: meeting.url });
          return visitor.twin().visit(site.turn(n), `/put?${query.toString()}`);
        }),
      );
      expect(pages.filter(({ status }) => status !== 200).map(errorOn)).toEqual([]);
    } finally {
      await meeting.close();
    }
    const expected = Array.from({ length: PARALLEL_REQUESTS }, (_, n) => [`key${n}`, value(n)]);
    const { body } = await site.cluster.node('b').client.get(visitor.id);
    expect(body['data']).toEqual({ contador: 1, ...Object.fromEntries(expected) });
  });

  test('cycle_key keeps the data under a new id, and the old id is dead on every node', async () => {
    const visitor = await regular('b');
    const before = visitor.id;
    expect((await visitor.visit(site.host('a'), '/cycle_key')).body['contador']).toBe(1);
    expect(visitor.id).not.toBe(before);
    expect((await visitor.visit(site.host('c'), '/count')).body['contador']).toBe(2);
    for (const { client } of site.cluster.nodes) {
      expect(await client.get(before)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
      expect(await client.put(before, {})).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
  });

  test('login() gives a new id, every host knows the visitor, and after logout() none does', async () => {
    const visitor = await regular('c');
    const thief = visitor.twin();
    const before = visitor.id;
    await visitor.visit(site.host('a'), '/log_in');
    expect(visitor.id).not.toBe(before);
    for (const host of site.hosts) {
      expect((await visitor.twin().visit(host, '/who')).body['user']).toBe('ana');
      expect((await thief.twin().visit(host, '/who')).body['user']).toBe('');
    }
    const otherTab = visitor.twin();
    await visitor.visit(site.host('b'), '/log_out');
    expect(visitor.id).toBe('');
    for (const host of site.hosts) expect((await otherTab.twin().visit(host, '/who')).body['user']).toBe('');
  });

  const ENDINGS = ['/cycle_key', '/flush', '/log_in', '/log_out'];

  test.each(ENDINGS)('S5: a slower page cannot write under an id that %s has ended, and is told so', async (ending) => {
    const visitor = await regular('a');
    const before = visitor.id;
    const gate = await buildGate();
    try {
      const slower = visitor.twin().visit(site.host('b'), `/slow?gate=${encodeURIComponent(gate.url)}`);
      await gate.arrived;
      expect((await visitor.visit(site.host('c'), ending)).status).toBe(200);
      gate.open();
      const page = await slower;
      expect(page.status).toBe(400);
      expect(page.text).toContain('SessionInterrupted');
    } finally {
      await gate.close();
    }
    for (const { client } of site.cluster.nodes) {
      expect(await client.get(before)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
  });

  test('S5: a slower page that asks for a new id does not carry the ended session on under it', async () => {
    const visitor = new DjangoVisitor();
    await visitor.visit(site.host('a'), '/count');
    await visitor.visit(site.host('a'), '/log_in');
    const slowTab = visitor.twin();
    const gate = await buildGate();
    try {
      const slower = slowTab.visit(site.host('b'), `/slow_cycle_key?gate=${encodeURIComponent(gate.url)}`);
      await gate.arrived;
      await visitor.visit(site.host('c'), '/log_out');
      gate.open();
      expect((await slower).status).toBe(200);
    } finally {
      await gate.close();
    }
    expect((await slowTab.visit(site.host('a'), '/who')).body['user']).toBe('');
    expect((await slowTab.visit(site.host('a'), '/read')).body).toEqual({ contador: 0 });
  });
});
