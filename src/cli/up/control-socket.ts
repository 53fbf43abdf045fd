import { createServer, connect, type Server, type Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { CliError } from '../../errors.ts';
import { isLetter } from '../../session/letter.ts';
import { EXIT } from '../exit-codes.ts';
import { withTerminalLines } from '../terminal-text.ts';
import { findMeshDirectories, type MeshDirectory } from './mesh-directory.ts';
import type { NodeReport } from './node-report.ts';
import { closeServer } from './ports.ts';

/** What the running `up` answers; one JSON object on one line. */
export type ControlReply =
  | { readonly kind: 'ready'; readonly node: NodeReport }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number };

/** How a revival can fail; whatever else is said is no word of an `up`, least of all that all went well. */
const FAILURES: readonly number[] = Object.values(EXIT).filter((code) => code !== EXIT.ok);

/** The line that asks for a node to be started again. */
export function encodeRevive(letter: string): string {
  return `${JSON.stringify({ revive: letter })}\n`;
}

/** The letter asked for; undefined where the line asks for nothing that we know. */
export function parseRevive(line: string): string | undefined {
  const request = parseObject(line);
  return typeof request?.['revive'] === 'string' ? request['revive'] : undefined;
}

export function encodeControlReply(reply: ControlReply): string {
  return `${JSON.stringify(reply)}\n`;
}

/** The reply, with nothing in the node's that a terminal would obey; undefined where the line is none. */
export function parseControlReply(line: string): ControlReply | undefined {
  const reply = parseObject(line);
  if (reply?.['kind'] === 'ready') {
    const node = parseNode(reply['node']);
    return node && { kind: 'ready', node };
  }
  const exitCode = FAILURES.find((code) => code === reply?.['exitCode']);
  const message = reply?.['message'];
  if (reply?.['kind'] !== 'failed' || exitCode === undefined || typeof message !== 'string') return undefined;
  return { kind: 'failed', message, exitCode };
}

function parseNode(value: unknown): NodeReport | undefined {
  if (!isObject(value) || !isObject(value['store'])) return undefined;
  const { letter, pid, http, memcached, mesh } = value;
  const { kind, pid: storePid } = value['store'];
  if (typeof letter !== 'string' || !isLetter(letter) || typeof pid !== 'number') return undefined;
  if (typeof http !== 'string' || typeof memcached !== 'string' || typeof mesh !== 'string') return undefined;
  if ((kind !== 'memcached' && kind !== 'memory') || (storePid !== null && typeof storePid !== 'number')) {
    return undefined;
  }
  return withTerminalLines({ letter, pid, http, memcached, mesh, store: { kind, pid: storePid } });
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

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

/** Longer than `up` waits for a node to become ready. */
const REPLY_MS = 30_000;
const REPLY_BYTES = 64 * 1024;

/**
 * Asks the running `up` to start a node again.
 *
 * @param place a mesh's directory, or the one in which `up` made it.
 * @throws CliError where no mesh runs there, where several do, and with whatever the mesh itself refuses.
 */
export async function requestRevive(place: string | undefined, letter: string, clock: Clock): Promise<ControlReply> {
  const directory = await findRunningMesh(place);
  const line = await exchange(directory.controlSocket, encodeRevive(letter), clock);
  const reply = parseControlReply(line);
  if (reply === undefined) {
    throw new CliError(`the mesh in ${directory.path} ended meanwhile, or is of another version`, EXIT.unreachable);
  }
  return reply;
}

async function findRunningMesh(place: string | undefined): Promise<MeshDirectory> {
  const running: MeshDirectory[] = [];
  for (const directory of await findMeshDirectories(place)) {
    if (await isListening(directory.controlSocket)) running.push(directory);
  }
  const [first, ...others] = running;
  if (first === undefined)
    throw new CliError('no mesh of yours runs here: start one with `maglia up`', EXIT.unreachable);
  if (others.length === 0) return first;
  const list = running.map(({ path }) => `  --directory ${path}`).join('\n');
  throw new CliError(`${running.length} meshes of yours run here; say which:\n${list}`, EXIT.usage);
}

/** A socket file stays behind when an `up` is killed; only connecting tells. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Sends a line and resolves with all that comes back. */
function exchange(path: string, line: string, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = '';
    const fail = (why: string): void => {
      deadline.cancel();
      socket.destroy();
      reject(new CliError(`no answer on ${path}: ${why}`, EXIT.unreachable));
    };
    const deadline = clock.after(REPLY_MS, () => fail(`nothing within ${REPLY_MS} ms`));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(line));
    socket.on('error', (error) => fail(error.message));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length > REPLY_BYTES) fail('an answer without end');
    });
    socket.on('close', () => {
      deadline.cancel();
      resolve(received);
    });
  });
}
