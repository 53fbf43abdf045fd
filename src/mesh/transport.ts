import type { LookupFunction } from 'node:net';
import type { MeshConfig } from '../config/config.ts';
import type { Letter, MeshAddress } from '../session/letter.ts';

/** What the mesh asks of a connection: TCP's, TLS's over it, or a simulated one. */
export interface MeshSocket {
  readonly closed: boolean;
  /** Bytes that were written and have not left this process. */
  readonly writableLength: number;
  setNoDelay(isOn: boolean): unknown;
  setKeepAlive(isOn: boolean, afterMs: number): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  once(event: 'connect' | 'secureConnect' | 'close', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  write(bytes: Buffer): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** One that somebody else has dialled. */
export interface AcceptedSocket extends MeshSocket {
  /** Undefined once it is gone, like the others. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  listeners(event: 'data'): readonly unknown[];
  unshift(bytes: Buffer): unknown;
  /** Closes with a reset, so that nothing of it is left on this host. */
  resetAndDestroy(): unknown;
}

export interface DialledSocket {
  readonly socket: MeshSocket;
  /** The event at which the socket is ready for the hello. */
  readonly readyEvent: 'connect' | 'secureConnect';
}

/** What the mesh port asks of a server. */
export interface SocketServer {
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  listen(options: MeshAddress & { readonly backlog: number }, onListening: () => void): unknown;
  address(): { readonly port: number } | string | null;
  close(onClosed: () => void): unknown;
}

/** Where connections come from, and when what was read is done with: of this machine, or simulated. */
export interface Transport {
  /** Begins to connect. */
  dial(security: MeshConfig['security'], address: MeshAddress, own: Letter, lookup: LookupFunction): DialledSocket;
  serve(onSocket: (socket: AcceptedSocket) => void): SocketServer;
  /** Calls `run` once what has come by now was read, after this turn of the event loop. */
  readonly endOfTurn: (run: () => void) => void;
}
