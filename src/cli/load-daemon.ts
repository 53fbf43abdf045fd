import type * as DaemonModule from '../daemon.ts';

/**
 * Loads the daemon part by part, each with all that it imports. Node.js opens the files of one import at about the same time:
 * at once they were 90, and a process that may have 100 open did not always start.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import('../store/open-store.ts'),
  () => import('../engine/engine.ts'),
  () => import('../mesh/mesh-server.ts'),
  () => import('../membership/join.ts'),
  () => import('../routing/router.ts'),
  () => import('../node/node.ts'),
  () => import('../doors/http/app.ts'),
  () => import('../doors/http/http-door.ts'),
  () => import('../doors/memcached/protocol/command-decoder.ts'),
  () => import('../doors/kit/connection.ts'),
  () => import('../doors/memcached/memcached-door.ts'),
];

/** Only where a daemon is to run: every other command would wait for it without need. */
export async function loadDaemon(): Promise<typeof DaemonModule> {
  for (const load of PARTS) await load();
  return import('../daemon.ts');
}
