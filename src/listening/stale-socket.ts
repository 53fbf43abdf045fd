import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Clock } from '../clock.ts';
import { ListenError } from './listen-error.ts';

const CONNECT_MS = 1000;

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
  if (await isRefused(path, clock)) await unlink(path);
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

/** A listener that is too busy to take the connection counts as there. */
function isRefused(path: string, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (refused: boolean): void => {
      deadline.cancel();
      socket.destroy();
      resolve(refused);
    };
    const deadline = clock.after(CONNECT_MS, () => settle(false));
    socket.on('connect', () => settle(false));
    socket.on('error', (error) => settle('code' in error && error.code === 'ECONNREFUSED'));
  });
}
