import { expect, test } from 'vitest';
import { startMesh } from '../support/maglia-command.ts';
import { residentMegabytes } from '../support/resident-memory.ts';

/** What an idle daemon may have in memory on any host, its Memcached not counted. */
const MOST_MEGABYTES = 90;

test('an idle daemon with all its doors open is small', async () => {
  const mesh = await startMesh(['--nodes', '1']);
  try {
    expect(residentMegabytes(mesh.node('a').pid)).toBeLessThan(MOST_MEGABYTES);
  } finally {
    mesh.signal('SIGTERM');
    await mesh.ended;
  }
}, 30_000);
