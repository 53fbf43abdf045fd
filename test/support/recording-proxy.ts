import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { hostAndPort } from './listening.ts';

/** What went over one connection. */
export class Conversation {
  readonly #sent: Buffer[] = [];
  readonly #received: Buffer[] = [];

  /** All that the client has sent so far. */
  get sent(): Buffer {
    return Buffer.concat(this.#sent);
  }

  /** All that it was answered. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  noteSent(bytes: Buffer): void {
    this.#sent.push(bytes);
  }

  noteReceived(bytes: Buffer): void {
    this.#received.push(bytes);
  }
}

/** Passes bytes on between clients and a memcached, and keeps a copy of each. */
export class RecordingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #conversations: Conversation[] = [];

  private constructor(target: string) {
    this.#server = createServer((client) => this.#relay(client, connect(hostAndPort(target))));
  }

  static async to(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What was said since the last `forget`, a connection each, in the order in which they were opened. */
  get conversations(): readonly Conversation[] {
    return this.#conversations;
  }

  /** Begins anew. What a connection that is already open says from now on is not heard. */
  forget(): void {
    this.#conversations = [];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket, memcached: Socket): void {
    const conversation = new Conversation();
    this.#conversations.push(conversation);
    client.on('data', (bytes: Buffer) => conversation.noteSent(bytes));
    memcached.on('data', (bytes: Buffer) => conversation.noteReceived(bytes));
    client.pipe(memcached);
    memcached.pipe(client);
    for (const [socket, other] of [
      [client, memcached],
      [memcached, client],
    ] as const) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('error', () => other.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    }
  }
}
