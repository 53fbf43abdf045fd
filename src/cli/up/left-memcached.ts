import { becomesTrue } from '../../store/becomes-true.ts';
import { hasCode } from '../../store/error-code.ts';
import { MemcachedStateFile } from '../../store/memcached-state-file.ts';
import { isAlive } from '../../store/process-identity.ts';

const GONE_MS = 2000;
const POLL_MS = 10;

/**
 * Ends the Memcached that a killed node has left for its next life, if the process that the node wrote down is still
 * that one.
 */
export async function killLeftMemcached(runtimeDirectory: string): Promise<void> {
  const found = new MemcachedStateFile(runtimeDirectory).read();
  if (found.kind !== 'found') return;
  const { memcached } = found.record;
  if (!isAlive(memcached)) return;
  try {
    process.kill(memcached.pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
  await becomesTrue(() => !isAlive(memcached), { everyMs: POLL_MS, withinMs: GONE_MS });
}
