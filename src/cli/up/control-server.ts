import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { closeServer } from './ports.ts';
import { encodeControlReply, parseRevive, type ControlReply } from './control-message.ts';
import type { NodeReport } from './node-report.ts';

/** A request is one short line and comes at once; a caller that sends something else is cut off. */
const REQUEST_BYTES = 256;
const REQUEST_MS = 2000;
const MAX_CALLERS = 8;

/** What `up --revive` asks of a running mesh. */
export type Revive = (letter: string) => Promise<NodeReport>;

/** Listens in the mesh's private directory, which only our user can enter: one line asked, one line answered. */
export class ControlServer {
  readonly #server: Server;
  readonly #callers: ReadonlySet<Socket>;

  private constructor(server: Server, callers: ReadonlySet<Socket>) {
    this.#server = server;
    this.#callers = callers;
  }

  static open(path: string, clock: Clock, revive: Revive): Promise<ControlServer> {
    const callers = new Set<Socket>();
    const server = createServer((socket) => {
      callers.add(socket);
      socket.on('close', () => callers.delete(socket));
      serveCaller(socket, clock, revive);
    });
    server.maxConnections = MAX_CALLERS;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        reject(new CliError(`cannot listen on ${path}: ${error.message}`, EXIT.internal, { cause: error }));
      });
      server.listen(path, () => resolve(new ControlServer(server, callers)));
    });
  }

  /** Cuts off callers that still ask. */
  async close(): Promise<void> {
    for (const caller of this.#callers) caller.destroy();
    await closeServer(this.#server);
  }
}

function serveCaller(socket: Socket, clock: Clock, revive: Revive): void {
  const deadline = clock.after(REQUEST_MS, () => socket.destroy());
  let received = '';
  const answer = (reply: ControlReply): void => {
    if (!socket.destroyed) socket.end(encodeControlReply(reply));
  };
  const onData = (chunk: string): void => {
    received += chunk;
    const end = received.indexOf('\n');
    if (end < 0 && received.length <= REQUEST_BYTES) return;
    deadline.cancel();
    socket.off('data', onData);
    const letter = end < 0 ? undefined : parseRevive(received.slice(0, end));
    if (letter === undefined) {
      socket.destroy();
      return;
    }
    revive(letter).then(
      (node) => answer({ kind: 'ready', node }),
      (error: unknown) => answer({ kind: 'failed', ...describeFailure(error) }),
    );
  };
  socket.setEncoding('utf8');
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => deadline.cancel());
}

function describeFailure(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CliError) return { message: error.message, exitCode: error.exitCode };
  return { message: error instanceof Error ? error.message : String(error), exitCode: EXIT.internal };
}
