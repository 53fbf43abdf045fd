import { connect } from 'node:net';
import type { Clock } from '../clock.ts';

const CONNECT_MS = 1000;

/**
 * Whether somebody listens there: resolves to undefined where it does, else to the error of the connection. A listener
 * that is too busy to take the connection counts as there.
 */
export function knock(
  address: { readonly path: string } | { readonly host: string; readonly port: number },
  clock: Clock,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const settle = (error?: NodeJS.ErrnoException): void => {
      deadline.cancel();
      socket.destroy();
      resolve(error);
    };
    const deadline = clock.after(CONNECT_MS, () => settle());
    socket.on('connect', () => settle());
    socket.on('error', settle);
  });
}
