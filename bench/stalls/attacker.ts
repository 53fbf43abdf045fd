import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ClusterNode } from '../../test/support/cluster.ts';

/** The last line that is sent: its answer says that all before it are answered. */
const FENCE = 'mn\r\n';
const FENCE_ANSWER = 'MN\r\n';

/** One client that asks a node for as much as it may. */
export class Attacker {
  readonly #node: ClusterNode;

  constructor(node: ClusterNode) {
    this.#node = node;
  }

  /** Resolves to the status. */
  async http(method: string, path: string, body?: Buffer, type = 'application/json'): Promise<number> {
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': body.length };
    const call = request(`${this.#node.http}${path}`, { method, agent: false, headers });
    call.end(body);
    const [answer] = (await once(call, 'response')) as [Parameters<typeof buffer>[0] & { statusCode: number }];
    await buffer(answer);
    return answer.statusCode;
  }

  async mint(): Promise<string> {
    const { id } = await this.#node.client.mint({});
    return id;
  }

  async dial(): Promise<Socket> {
    const [host = '', port] = this.#node.memcached.split(':');
    const socket = connect({ host, port: Number(port) });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** Sends bytes to the memcached door and waits until all is answered, or the connection is closed. Resolves to the answer. */
  async say(bytes: string | Buffer, socket?: Socket): Promise<string> {
    const used = socket ?? (await this.dial());
    const chunks: Buffer[] = [];
    let tail = '';
    const isOver = new Promise<void>((resolve) => {
      used.once('close', () => resolve());
      used.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        tail = (tail + chunk.toString('latin1')).slice(-FENCE_ANSWER.length);
        if (tail === FENCE_ANSWER) resolve();
      });
    });
    used.write(bytes);
    used.write(FENCE);
    await isOver;
    if (socket === undefined) used.destroy();
    return Buffer.concat(chunks).toString('latin1');
  }
}
