import { connect } from 'node:net';
import type { LoadTarget } from '../load/load-job.ts';

/** Whether somebody accepts connections there. */
export function isReachable(target: LoadTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
