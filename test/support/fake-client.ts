import { Duplex } from 'node:stream';

/** A client's end of a connection, without a network: what it sends, what it was sent, and whether it reads at all. */
export class FakeClient {
  /** The server's end. */
  readonly socket: Duplex;
  readonly #received: Buffer[] = [];
  #unread: (() => void)[] = [];
  #reads = true;
  #hasEnded = false;
  #writes = 0;

  constructor() {
    this.socket = new Duplex({
      allowHalfOpen: true,
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => this.#take([chunk], done),
      writev: (chunks, done) =>
        this.#take(
          chunks.map(({ chunk }) => chunk as Buffer),
          done,
        ),
      final: (done) => {
        this.#hasEnded = true;
        done();
      },
    });
  }

  /** All that came back, one character for each byte. */
  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  /** How often something was written to the client. */
  get writes(): number {
    return this.#writes;
  }

  /** Whether the server has said that nothing more comes. */
  get sawEnd(): boolean {
    return this.#hasEnded;
  }

  send(bytes: string | Buffer): void {
    this.socket.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends nothing more. */
  end(): void {
    this.socket.push(null);
  }

  stopReading(): void {
    this.#reads = false;
  }

  readOn(): void {
    this.#reads = true;
    for (const done of this.#unread.splice(0)) done();
  }

  #take(chunks: readonly Buffer[], done: () => void): void {
    this.#received.push(...chunks);
    this.#writes += 1;
    if (this.#reads) done();
    else this.#unread.push(done);
  }
}

/** So many turns of the event loop. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
