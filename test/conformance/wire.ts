import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hostAndPort } from '../support/listening.ts';

const PATIENCE_MS = 5000;

/** One connection to a server. */
export class Wire {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #isClosed = false;
  #onNews: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const onEnd = (): void => {
      this.#isClosed = true;
      this.#onNews();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#onNews();
    });
    // A reset after a refusal; the answer that counts is there by then.
    socket.on('end', onEnd).on('close', onEnd).on('error', onEnd);
  }

  /** @param address the path of a unix socket, or `host:port` */
  static async open(address: string): Promise<Wire> {
    // Nagle's algorithm would hold a second piece back until the first is acknowledged.
    const socket = address.startsWith('/') ? connect(address) : connect({ ...hostAndPort(address), noDelay: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What came back since the last `take`. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  take(): Buffer {
    const { received } = this;
    this.#chunks = [];
    return received;
  }

  /** Sends in these pieces; a server in this process reads each before the next is sent. */
  async send(...pieces: readonly Buffer[]): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (!this.#isClosed) this.#socket.write(piece);
    }
  }

  /** Resolves only when the kernel has taken them: for those that send a great deal. */
  async sendAll(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve) => void this.#socket.write(bytes, () => resolve()));
  }

  /** Waits until it is so, or for long enough that it will never be. */
  async until(isSo: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#onNews = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onNews = () => undefined;
  }

  close(): void {
    this.#socket.destroy();
  }
}
