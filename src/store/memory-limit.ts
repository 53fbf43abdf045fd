import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';

const ANSWER_MS = 1_000;
const MAX_ANSWER_CHARACTERS = 200;

/**
 * Gives a memcached that runs another amount of memory, with all that is in it. Resolves with why it does not take it;
 * undefined where it does.
 */
export function setMemoryLimit(dial: () => Duplex, megabytes: number, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = dial();
    let answer = '';
    const settle = (why: string | undefined): void => {
      deadline.cancel();
      socket.destroy();
      resolve(why);
    };
    const deadline = clock.after(ANSWER_MS, () => settle(`it did not answer within ${ANSWER_MS} ms`));
    socket.on('error', (error) => settle(error.message));
    socket.on('close', () => settle('it closed the connection'));
    socket.on('data', (chunk: Buffer) => {
      answer = (answer + chunk.toString('latin1')).slice(0, MAX_ANSWER_CHARACTERS);
      const end = answer.indexOf('\r\n');
      if (end !== -1) settle(answer === 'OK\r\n' ? undefined : answer.slice(0, end));
    });
    // By its first byte, memcached takes this connection for one of the text protocol.
    socket.write(`cache_memlimit ${megabytes}\r\n`);
  });
}
