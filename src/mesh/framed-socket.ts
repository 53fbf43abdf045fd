import type { Clock, Timer } from '../clock.ts';
import { FrameError } from '../errors.ts';
import { FieldWriter } from './field-writer.ts';
import { FrameDecoder } from './frame-decoder.ts';
import type { FrameSink } from './frame-sink.ts';
import { GREETING_MAX_BYTES } from './frames.ts';
import type { MeshSocket, Transport } from './transport.ts';

/** A frame that has begun is whole within this, or its sender is given up. */
const WHOLE_FRAME_MS = 5000;

/** How long a caller that was refused gets to read why. */
const FAREWELL_MS = 1000;

/** After this long without a byte the kernel asks whether the other host is still there. */
const KEEP_ALIVE_MS = 10_000;

/** How a connection ended, and at whose wish. `error` is the socket's. */
export interface Ending {
  readonly by: 'us' | 'them';
  readonly why: string;
  readonly error?: Error;
}

export interface FramedSocketOwner extends FrameSink {
  /**
   * Bytes came that are no frames, or not at this point. Nothing more is read; the owner closes. `isTls`: they are the
   * start of a TLS handshake.
   */
  onMalformed(error: FrameError, isTls: boolean): void;
  /** Everything that was written has left, after `queuedBytes` had grown beyond the socket's own buffer. */
  onDrained(): void;
  /** Once, whichever side closed it: the last call. */
  onClosed(ending: Ending): void;
}

export interface FramedSocketParts {
  readonly socket: MeshSocket;
  readonly owner: FramedSocketOwner;
  readonly clock: Clock;
  readonly endOfTurn: Transport['endOfTurn'];
}

type SocketPhase = 'open' | 'parting' | 'closed';

/**
 * Frames over one TCP or TLS connection. What is sent during one turn of the event loop leaves in one write. Once
 * closed, it calls nobody: what arrives late is never read (S0).
 */
export class FramedSocket {
  /** Resolves when the socket's resources are free. */
  readonly closed: Promise<void>;
  readonly #socket: MeshSocket;
  readonly #owner: FramedSocketOwner;
  readonly #clock: Clock;
  readonly #endOfTurn: Transport['endOfTurn'];
  readonly #decoder: FrameDecoder;
  #phase: SocketPhase = 'open';
  /** What was written in this turn, if `#isFlushing`. */
  readonly #batch = new FieldWriter();
  #isFlushing = false;
  #isPaused = false;
  #heardAt: number;
  #frameBegunAt: number | undefined;
  #frameTimer: Timer | undefined;
  #farewellTimer: Timer | undefined;

  constructor({ socket, owner, clock, endOfTurn }: FramedSocketParts) {
    this.#socket = socket;
    this.#owner = owner;
    this.#clock = clock;
    this.#endOfTurn = endOfTurn;
    this.#decoder = new FrameDecoder(owner, GREETING_MAX_BYTES);
    this.#heardAt = clock.monotonic();
    this.closed = new Promise((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', () => resolve());
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#close({ by: 'them', why: 'the other side closed the connection' }));
    socket.on('error', (error: Error) =>
      this.#close({ by: 'them', why: `the connection failed: ${reason(error)}`, error }),
    );
    socket.on('close', () => this.#close({ by: 'them', why: 'the connection was closed' }));
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Bytes that were sent and have not left this process. */
  get queuedBytes(): number {
    return this.#socket.writableLength + this.#batch.length;
  }

  get heardAgoMs(): number {
    return this.#clock.monotonic() - this.#heardAt;
  }

  /** The greeting is done: frames are read and written in this version of the wire from now on, and longer ones are taken. */
  settle(version: number, maxFrameBytes: number): void {
    this.#decoder.settle(version, maxFrameBytes);
    this.#batch.version = version;
  }

  /**
   * Takes whole frames, which leave at the end of this turn. To be asked for anew for each frame; what is written for a
   * closed connection is dropped.
   */
  batch(): FieldWriter {
    if (this.#phase !== 'open') return new FieldWriter();
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      this.#endOfTurn(this.#flush);
    }
    return this.#batch;
  }

  /** Sends what was written, and closes as soon as the other side has it, or soon after. */
  part(why: string): void {
    if (this.#phase !== 'open') return;
    this.#flush();
    this.#phase = 'parting';
    this.#stopReading();
    this.#socket.end();
    this.#farewellTimer = this.#clock.after(FAREWELL_MS, () => this.destroy(why));
  }

  /** Reads nothing more until `resume`: the sender is held up by TCP. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // While nobody read, the rest of a frame could not come.
    if (this.#frameBegunAt !== undefined) this.#frameBegunAt = this.#clock.monotonic();
    this.#socket.resume();
  }

  /** Closes now; what was not sent never is. Idempotent. */
  destroy(why: string): void {
    this.#close({ by: 'us', why });
  }

  #read(chunk: Buffer): void {
    if (this.#phase !== 'open') return;
    this.#heardAt = this.#clock.monotonic();
    const framesBefore = this.#decoder.frames;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      const isTls = this.#decoder.looksLikeTls;
      this.#stopReading();
      this.#owner.onMalformed(error, isTls);
      return;
    }
    this.#watchFrame(this.#decoder.frames > framesBefore);
  }

  /** Notes when the frame at hand began. One lazy timer, since almost every chunk ends within a frame. */
  #watchFrame(isAnother: boolean): void {
    if (this.#decoder.heldBytes === 0) {
      this.#frameBegunAt = undefined;
      return;
    }
    if (isAnother || this.#frameBegunAt === undefined) this.#frameBegunAt = this.#heardAt;
    this.#frameTimer ??= this.#clock.after(WHOLE_FRAME_MS, () => this.#judgeFrame());
  }

  #judgeFrame(): void {
    this.#frameTimer = undefined;
    if (this.#frameBegunAt === undefined) return;
    const leftMs = this.#frameBegunAt + WHOLE_FRAME_MS - this.#clock.monotonic();
    if (leftMs <= 0 && !this.#isPaused) {
      this.destroy(`a frame was begun and not finished within ${WHOLE_FRAME_MS} ms`);
      return;
    }
    const delayMs = leftMs <= 0 ? WHOLE_FRAME_MS : Math.ceil(leftMs);
    this.#frameTimer = this.#clock.after(delayMs, () => this.#judgeFrame());
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    if (this.#batch.length === 0) return;
    const bytes = this.#batch.take();
    if (this.#phase === 'open') this.#socket.write(bytes);
  };

  #drained(): void {
    if (this.#phase === 'open') this.#owner.onDrained();
  }

  #stopReading(): void {
    this.#decoder.stop();
    this.#frameTimer?.cancel();
    this.#frameTimer = undefined;
    this.#frameBegunAt = undefined;
  }

  #close(ending: Ending): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#batch.truncate(0);
    this.#stopReading();
    this.#farewellTimer?.cancel();
    this.#socket.destroy();
    this.#owner.onClosed(ending);
  }
}

/** A short and steady text: an error's message often has ports in it. */
function reason(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
