import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesOf, type Answer } from './scenario.ts';

/** After so long without a byte, an answer is taken to be whole, or to be none. */
const QUIET_AFTER_ANSWER_MS = 50;
const QUIET_WITHOUT_ANSWER_MS = 300;
const LOOK_EVERY_MS = 10;
const DIAL_ATTEMPTS = 100;
const DIAL_PAUSE_MS = 20;

/** Has this conversation with a memcached that was started for it alone, so that its cas values begin at 1. */
export async function converse(steps: readonly (string | Buffer)[]): Promise<Answer[]> {
  const directory = await mkdtemp(join(tmpdir(), 'maglia-record-'));
  const path = join(directory, 'socket');
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
  const memcached = spawn('memcached', ['-s', path, '-m', '64', ...user], { stdio: 'inherit' });
  try {
    const socket = await dial(path);
    // A reset after a refusal; the answer that counts is there by then.
    socket.on('error', () => socket.destroy());
    const answers: Answer[] = [];
    for (const step of steps) answers.push(await ask(socket, bytesOf(step)));
    socket.destroy();
    return answers;
  } finally {
    memcached.kill();
    await once(memcached, 'exit');
    await rm(directory, { recursive: true });
  }
}

async function dial(path: string): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (attempt === DIAL_ATTEMPTS) throw error;
      await pause(DIAL_PAUSE_MS);
    }
  }
}

async function ask(socket: Socket, request: Buffer): Promise<Answer> {
  const heard = { chunks: [] as Buffer[], at: performance.now(), isClosed: false };
  const onData = (chunk: Buffer): void => {
    heard.chunks.push(chunk);
    heard.at = performance.now();
  };
  const onEnd = (): void => {
    heard.isClosed = true;
  };
  socket.on('data', onData).on('end', onEnd).on('close', onEnd);
  socket.write(request, () => (heard.at = performance.now()));
  const isWaiting = (): boolean => {
    const patienceMs = heard.chunks.length === 0 ? QUIET_WITHOUT_ANSWER_MS : QUIET_AFTER_ANSWER_MS;
    return !heard.isClosed && performance.now() - heard.at < patienceMs;
  };
  while (isWaiting()) await pause(LOOK_EVERY_MS);
  socket.off('data', onData).off('end', onEnd).off('close', onEnd);
  return { bytes: Buffer.concat(heard.chunks).toString('latin1'), closes: heard.isClosed };
}
