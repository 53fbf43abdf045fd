import { connect, type Socket } from 'node:net';
import type { LoadTarget } from './load/load-job.ts';

/** So many are dialled at a time: fewer than the backlog of the least of the servers. */
const AT_A_TIME = 100;

/** Connections that asked for something once, were answered, and say nothing more. */
export async function openIdleConnections(target: LoadTarget, question: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Math.min(AT_A_TIME, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => askOnce(target, question)))));
  }
  return sockets;
}

function askOnce(target: LoadTarget, question: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    socket.on('error', reject);
    socket.once('connect', () => socket.write(question));
    socket.once('data', () => {
      socket.pause();
      resolve(socket);
    });
  });
}
