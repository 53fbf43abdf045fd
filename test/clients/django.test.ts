import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { IS_MESH, sharedDoors } from './doors.ts';
import { django } from './session-applications.ts';
import { describeOverlap, describeSessions } from './session-rules.ts';
import { Site } from './site.ts';

const BACKENDS = [django('PyMemcacheCache'), django('PyLibMCCache')];

for (const kind of BACKENDS) {
  describeSessions(kind);
  describeOverlap(kind);
}

describe.each([
  { kind: django('PyMemcacheCache'), minted: 250 },
  { kind: django('PyLibMCCache'), minted: 100 },
])('$kind.name, steering', ({ kind, minted }) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open(kind);
    return () => site.close();
  });

  // Some 20,000 requests in all, and no matter of time.
  const options = { timeout: 300_000 };
  test.runIf(IS_MESH)(`${minted} sessions that are made on b all begin with b`, options, async () => {
    const ids: string[] = [];
    while (ids.length < minted) {
      // In parts, since one letter in 36 is b: Django draws so many ids for each session.
      const { body, status } = await site.guest().visit(site.host('b'), '/mint?count=25');
      expect(status, site.host('b').application.output).toBe(200);
      ids.push(...(body['ids'] as string[]));
    }
    expect(new Set(ids).size).toBe(minted);
    expect(ids.filter((id) => !id.startsWith('b'))).toEqual([]);
  });
});

describe('Django, cached_db', () => {
  const script = join(import.meta.dirname, 'apps/django/outgrown.py');

  test.each(['PyMemcacheCache', 'PyLibMCCache'])(
    '%s: a session that has outgrown the cache is never answered as it was before, whichever host owns it',
    async (backend) => {
      const doors = await sharedDoors();
      const [saving = '', loading = ''] = doors.addresses;
      const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, backend, saving, loading]);
      const found = JSON.parse(stdout) as string[];
      const loads = Array.from({ length: 4 }, (_, n) => found.slice(4 * n, 4 * n + 4));
      for (const [before, ...after] of loads) {
        expect(before).toBe('old');
        expect(after).not.toContain('old');
      }
    },
  );
});

describe('how long Django keeps what it keeps', () => {
  const script = join(import.meta.dirname, 'apps/django/lives.py');
  const [all, none] = [12, 0];
  const expected = {
    'set, no end': all,
    'set, 600 s': all,
    'set, 40 days': all,
    'set, 0': none,
    'set, -1': none,
    'set, -10': none,
    'set, minus 29 days': none,
    'set over another, -1': none,
    'add, -1': none,
    'add, over what is over': all,
    'touch, 600 s': all,
    'touch, 0': none,
    'touch, -1': none,
    'too large': none,
    'cache: an hour': all,
    'cache: 40 days': all,
    'cache: as long as the browser': all,
    'cache: -5 s': none,
    'cache: logged out': none,
    'cached_db: an hour': all,
    'cached_db: 40 days': all,
    'cached_db: as long as the browser': all,
    'cached_db: -5 s': none,
    'cached_db: logged out': none,
    'cached_db: only in the cache': 1,
  };

  test.each([
    { backend: 'PyMemcacheCache', options: {} },
    { backend: 'PyLibMCCache', options: {} },
    // A plain memcached takes the unsigned number of this protocol for a moment in the year 2106.
    ...(IS_MESH ? [{ backend: 'PyLibMCCache', options: { binary: true } }] : []),
  ])('$backend $options: what is over already is not there, by cache and by sessions', async ({ backend, options }) => {
    const [writing = '', , reading = ''] = (await sharedDoors()).addresses;
    const args = [script, backend, JSON.stringify(options), writing, reading];
    const { stdout } = await promisify(execFile)('/usr/bin/python3', args);
    expect(JSON.parse(stdout)).toEqual(expected);
  });
});
