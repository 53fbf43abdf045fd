import { test } from 'vitest';
import { startMesh } from '../support/maglia-command.ts';
import { residentMegabytes } from '../support/resident-memory.ts';
import { until } from '../support/until.ts';

/** What an idle daemon may have in memory on any host, its Memcached not counted. */
const MOST_MEGABYTES = 90;

/** V8 gives back what starting took some half a minute later. */
const SETTLE_MS = 80_000;

test('an idle daemon with all its doors open is small', async () => {
  const mesh = await startMesh(['--nodes', '1']);
  try {
    const { pid } = mesh.node('a');
    await until(`it has less than ${MOST_MEGABYTES} MB`, () => residentMegabytes(pid) < MOST_MEGABYTES, SETTLE_MS);
  } finally {
    mesh.signal('SIGTERM');
    await mesh.ended;
  }
}, 120_000);
