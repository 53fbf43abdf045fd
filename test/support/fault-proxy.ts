import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { hostAndPort } from './listening.ts';
import type { Random } from './sim/random.ts';

/**
 * What a bad link does to what goes over it, either way: nothing; nothing gets through, and nobody is told so; each piece
 * comes so much later; or, now and then, it breaks, says a piece twice, or turns one bit of it.
 */
export type Mood =
  | { readonly kind: 'honest' }
  | { readonly kind: 'severed' }
  | { readonly kind: 'slow'; readonly lateMs: number }
  /** One piece in so many, on average. */
  | { readonly kind: 'cutting' | 'repeating' | 'corrupting'; readonly oneIn: number };

/** A piece of a link between two hosts that can be made a bad one, while it is in use. */
export class FaultProxy {
  readonly #server: Server;
  readonly #random: Random;
  readonly #sockets = new Set<Socket>();
  #mood: Mood = { kind: 'honest' };
  #harmed = 0;

  private constructor(target: string, random: Random) {
    this.#random = random;
    // Each end says by itself that it has said everything.
    this.#server = createServer({ allowHalfOpen: true }, (caller) => {
      if (this.#mood.kind === 'severed') this.#swallow(caller);
      else this.#relay(caller, connect({ ...hostAndPort(target), allowHalfOpen: true }));
    });
  }

  /** `target` is `host:port`. */
  static async to(target: string, random: Random): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many pieces, or connections, came to harm so far. */
  get harmed(): number {
    return this.#harmed;
  }

  become(mood: Mood): void {
    // What was on its way while a cable was out is never said again.
    if (this.#mood.kind === 'severed' || mood.kind === 'severed') this.#hangUp();
    this.#mood = mood;
  }

  async close(): Promise<void> {
    this.#hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #swallow(caller: Socket): void {
    this.#sockets.add(caller);
    caller.on('error', () => undefined).on('close', () => this.#sockets.delete(caller));
    caller.resume();
  }

  #relay(caller: Socket, called: Socket): void {
    for (const [socket, other] of [
      [caller, called],
      [called, caller],
    ] as const) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      // In the order in which they came, however late.
      let before = Promise.resolve();
      const then = (act: () => void, lateMs = 0): void => {
        const dueAt = performance.now() + lateMs;
        before = before.then(async () => {
          const leftMs = dueAt - performance.now();
          if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
          act();
        });
      };
      socket.on('data', (bytes: Buffer) => {
        const pieces = this.#harm(bytes);
        if (pieces === 'cut') {
          socket.destroy();
          other.destroy();
          return;
        }
        then(() => pieces.forEach((piece) => other.write(piece)), this.#lateMs());
      });
      socket.on('end', () => then(() => other.end(), this.#lateMs()));
      // The other end has gone its own way; that is what it is there for.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        then(() => other.destroy());
      });
    }
  }

  #lateMs(): number {
    return this.#mood.kind === 'slow' ? this.#mood.lateMs : 0;
  }

  #harm(bytes: Buffer): readonly Buffer[] | 'cut' {
    const mood = this.#mood;
    if (mood.kind === 'honest' || mood.kind === 'severed') return [bytes];
    if (mood.kind !== 'slow' && !this.#random.chance(1 / mood.oneIn)) return [bytes];
    this.#harmed += 1;
    switch (mood.kind) {
      case 'slow':
        return [bytes];
      case 'cutting':
        return 'cut';
      case 'repeating':
        return [bytes, bytes];
      case 'corrupting': {
        const at = this.#random.below(bytes.length);
        const turned = Buffer.from(bytes);
        turned.writeUInt8(turned.readUInt8(at) ^ (1 << this.#random.below(8)), at);
        return [turned];
      }
    }
  }
}
