import type { Duplex } from 'node:stream';
import { Server, type Response } from 'memjs';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SocketAddress } from '../config/config.ts';
import { StoreUnavailableError } from '../errors.ts';
import { describeAddress } from './dial-memcached.ts';
import { MemcachedConnection } from './memcached-connection.ts';
import { errorIn, opaqueOf, opcodeOf } from './memcached-protocol.ts';

/**
 * How long a TCP socket that we gave up on may take to close before it is reset. Its peer may be unreachable, which a unix
 * socket's never is.
 */
const TCP_DRAIN_LIMIT_MS = 5_000;

export interface MemcachedServerOptions {
  readonly address: SocketAddress;
  readonly dial: () => Duplex;
  readonly clock: Clock;
  readonly log: Logger;
  /** For each request, connecting included. */
  readonly deadlineMs: number;
}

type Responder = (response: Response) => void;
type Failer = (error: Error) => void;

/**
 * memjs's server with connections of our own: memjs copies its pending bytes for every chunk, writes once per request, and
 * never settles what is in flight when memcached closes the connection. Connects when it is asked something.
 */
export class MemcachedServer extends Server {
  // memjs takes these from the environment, where a hosting provider puts them for something else.
  override readonly username = undefined;
  override readonly password = undefined;
  readonly #options: MemcachedServerOptions;
  /** What memjs has registered for the request that it writes next. */
  #respond: Responder | undefined;
  #fail: Failer | undefined;
  #connection: MemcachedConnection | undefined;
  /** The connection before, until memcached has closed it. */
  #predecessor: MemcachedConnection | undefined;
  #reach: 'untried' | 'up' | 'down' = 'untried';
  #finished: Promise<void> | undefined;

  constructor(options: MemcachedServerOptions) {
    const { address } = options;
    super(address.kind === 'unix' ? address.path : address.host, address.kind === 'unix' ? 0 : address.port);
    this.#options = options;
  }

  /** memjs registers both callbacks of a request and writes it in one go, so their number says nothing new. */
  override onResponse(_seq: number, respond: Responder): void {
    this.#respond = respond;
  }

  override onError(_seq: number, fail: Failer): void {
    this.#fail = fail;
  }

  /** Sends one request; one of the callbacks registered just before is called, exactly once. */
  override write(blob: Uint8Array | string): void {
    const bytes = Buffer.isBuffer(blob) ? blob : Buffer.from(blob);
    const respond = this.#respond;
    const fail = this.#fail;
    this.#respond = undefined;
    this.#fail = undefined;
    if (this.#finished !== undefined) {
      fail?.(new StoreUnavailableError('the store is closed'));
      return;
    }
    this.#connection ??= this.#connect();
    this.#connection.submit({
      opcode: opcodeOf(bytes),
      opaque: opaqueOf(bytes),
      bytes,
      failed: (error) => fail?.(error),
      answered: (response) => {
        // memjs tells its errors apart by text, and takes any answer to a flush for success.
        const error = errorIn(response);
        if (error === undefined) respond?.(response);
        else fail?.(error);
      },
    });
  }

  /** Lets what is in flight settle, then closes. Later calls get the same promise. */
  finish(): Promise<void> {
    this.#finished ??= Promise.all([this.#connection?.finish(), this.#predecessor?.finish()]).then(() => undefined);
    return this.#finished;
  }

  override close(): void {
    void this.finish();
  }

  /** There is no SASL here, so nobody's password is ever sent. */
  override writeSASL(): void {
    return;
  }

  #connect(): MemcachedConnection {
    const { address, dial, clock, deadlineMs } = this.#options;
    const connection = new MemcachedConnection({
      dial,
      clock,
      deadlineMs,
      drainLimitMs: address.kind === 'tcp' ? TCP_DRAIN_LIMIT_MS : undefined,
      predecessor: this.#predecessor?.gone ?? Promise.resolve(),
      onReady: () => this.#note('up', 'it answers'),
      onUnusable: (reason) => {
        this.#connection = undefined;
        this.#predecessor = connection;
        this.#note('down', reason);
      },
    });
    return connection;
  }

  /** One line per change; while memcached is away every attempt to reach it fails. */
  #note(reach: 'up' | 'down', why: string): void {
    const from = this.#reach;
    if (from === reach) return;
    this.#reach = reach;
    const level = reach === 'up' ? 'info' : 'warn';
    this.#options.log[level](
      { from, to: reach, why, address: describeAddress(this.#options.address) },
      'memcached connection',
    );
  }
}
