import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';
import type { Visitor } from '../../support/visitor.ts';
import { ExpressSite, idOf, visitorOf } from './express-site.ts';

const VISITORS = 40;
/** Pages that each sees while the peer is alive, and after it has died. */
const PAGES_BEFORE = 5;
const PAGES_AFTER = 10;

/** What a page may come to that was under way just then; docs/express.md says of each what it means. */
const PASSING = ['IN_DOUBT', 'OWNER_UNREACHABLE', 'DEADLINE', 'SESSION_LOST', 'STORE_UNAVAILABLE', 'JOINING'];

function routes(app: Express): void {
  app.get('/count', (request, response, next) => {
    const contador = Number(request.session.contador ?? 0) + 1;
    request.session.contador = contador;
    request.session.save((error?: Error) => {
      if (error === undefined) response.json({ contador });
      else next(error);
    });
  });
}

/** One page: the counter that it showed, or the code of the error that it was, and under which id. */
interface Seen {
  readonly id: string;
  readonly counter: number;
  readonly code: string | undefined;
}

describe('a peer that dies under load', () => {
  let cluster: Cluster;
  let sites: ExpressSite[] = [];
  const seen = new Map<string, Seen[]>();
  const visitors: Visitor[] = [];
  let pages = 0;
  let death: Promise<void> | undefined;

  beforeAll(async () => {
    cluster = await startCluster({ config: CALM });
    sites = await Promise.all(['a', 'c'].map((letter) => ExpressSite.open(cluster.node(letter).http, routes)));
    for (let n = 0; n < VISITORS; n += 1) {
      const { id } = await cluster.node(n % 2 === 0 ? 'a' : 'b').client.mint({ contador: 0 });
      visitors.push(visitorOf(id));
    }
    await Promise.all(visitors.map(browse));
    await death;
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.close()));
    await cluster.close();
  });

  async function visit(visitor: Visitor, n: number): Promise<Seen> {
    const { status, body } = await visitor.visit(`${sites[n % sites.length]?.url ?? ''}/count`);
    pages += 1;
    if (pages === VISITORS * PAGES_BEFORE) death = cluster.node('b').end('SIGKILL');
    return {
      id: idOf(visitor),
      counter: Number(body['contador']),
      code: status === 200 ? undefined : String(body['code']),
    };
  }

  async function browse(visitor: Visitor, at: number): Promise<void> {
    const own: Seen[] = [];
    seen.set(idOf(visitor), own);
    for (let n = 0; n < PAGES_BEFORE + PAGES_AFTER; n += 1) own.push(await visit(visitor, at + n));
  }

  test('costs nobody more than pages that say so, each with a code that passes', () => {
    const codes = [...seen.values()].flat().flatMap(({ code }) => code ?? []);
    process.stdout.write(`a peer died under ${pages} pages, of which failed: ${codes.join(' ') || 'none'}\n`);
    expect(codes.filter((code) => !PASSING.includes(code))).toEqual([]);
  });

  test('costs no visitor of another host a single count (S1)', () => {
    for (const [first, own] of [...seen].filter(([id]) => id.startsWith('a'))) {
      expect(own.map(({ id }) => id)).toEqual(own.map(() => first));
      expectCounted(own);
    }
  });

  test('gives its own visitors one new session each, which begins at its beginning', () => {
    for (const [first, own] of [...seen].filter(([id]) => id.startsWith('b'))) {
      const ids = [...new Set(own.map(({ id }) => id))];
      expect(ids[0]).toBe(first);
      expect(ids).toHaveLength(2);
      for (const each of ids) expectCounted(own.filter(({ id }) => id === each));
    }
  });

  test('and all is well again after it', async () => {
    for (const [n, visitor] of visitors.entries()) expect((await visit(visitor, n)).code).toBeUndefined();
  });
});

/** Each page is one more than the one before it, and where that was an error, at most so many more as there were errors. */
function expectCounted(own: readonly Seen[]): void {
  let last = 0;
  let inDoubt = 0;
  for (const { counter, code } of own) {
    if (code !== undefined) {
      inDoubt += 1;
      continue;
    }
    expect(counter).toBeGreaterThan(last);
    expect(counter).toBeLessThanOrEqual(last + 1 + inDoubt);
    [last, inDoubt] = [counter, 0];
  }
}
