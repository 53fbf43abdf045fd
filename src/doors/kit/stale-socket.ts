import { lstat, unlink } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { knock } from '../../listening/knock.ts';
import { ListenError } from '../../listening/listen-error.ts';

/**
 * Makes way for a unix socket: removes the file that a daemon left which is not there any more. Only a socket on
 * which nobody listens is removed, never anything else that has this name.
 *
 * @throws ListenError where somebody listens on it, or it is not a socket.
 */
export async function removeStaleSocket(path: string, clock: Clock): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'nothing') return;
  if (kind === 'other')
    throw new ListenError(`${path} is there and is not a socket: move it away, or choose another path`);
  const error = await knock({ path }, clock);
  if (error?.code === 'ECONNREFUSED') await unlink(path);
  else throw new ListenError(`somebody listens on ${path} already: stop it, or choose another path`);
}

async function kindOf(path: string): Promise<'nothing' | 'socket' | 'other'> {
  try {
    return (await lstat(path)).isSocket() ? 'socket' : 'other';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'nothing';
    throw new ListenError(`cannot look at ${path}: ${String(error)}`, { cause: error });
  }
}
