import { connect } from 'node:net';
import { hostAndPort } from './listening.ts';

/** Asks a memcached for one thing in its text protocol; resolves with all that it answers until it falls silent with `end`. */
export function askText(address: string, command: string, end: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(hostAndPort(address));
    let answer = '';
    const settle = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.setTimeout(10_000, () => settle(() => reject(new Error(`no answer to ${command}: ${answer}`))));
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (end.test(answer)) settle(() => resolve(answer));
    });
    socket.write(`${command}\r\n`);
  });
}

/** Whether the memcached at `address` gives anything for a key. */
export async function holdsKey(address: string, key: string): Promise<boolean> {
  const answer = await askText(address, `get ${key}`, /END\r\n$|ERROR.*\r\n$/);
  if (!answer.endsWith('END\r\n')) throw new Error(`get ${key} was answered ${answer}`);
  return answer !== 'END\r\n';
}
