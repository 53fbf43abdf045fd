import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster } from '../support/cluster.ts';
import { Visitor } from '../support/visitor.ts';
import { IS_MESH } from './doors.ts';
import { django, php, rack } from './session-applications.ts';

/** How each writes the path of a socket. The two for Node.js know none. */
const CLIENTS = [
  { kind: php('PHP'), toDoor: (path: string) => path },
  { kind: django('PyMemcacheCache'), toDoor: (path: string) => `unix:${path}` },
  { kind: django('PyLibMCCache'), toDoor: (path: string) => `unix:${path}` },
  { kind: rack(), toDoor: (path: string) => path },
];

describe.runIf(IS_MESH)('a door that is a unix socket', () => {
  let path: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'maglia-door-'));
    path = join(folder, 'memcached.sock');
    const cluster = await startCluster({ letters: ['a'], doors: { memcached: [path] }, config: CALM });
    return async () => {
      await cluster.close();
      rmSync(folder, { recursive: true });
    };
  });

  test.each(CLIENTS)('$kind.name keeps its sessions there', async ({ kind, toDoor }) => {
    const application = await kind.start(toDoor(path));
    try {
      const visitor = new Visitor();
      for (const counter of [1, 2, 3]) {
        const page = await visitor.visit(`${application.url}/count`);
        expect(page.status, page.text).toBe(200);
        expect(page.body).toMatchObject({ counter });
      }
    } finally {
      await application.stop();
    }
  });
});
