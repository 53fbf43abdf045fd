import { connect } from 'node:net';
import type { Clock } from '../../clock.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { encodeRevive, parseControlReply, type ControlReply } from './control-message.ts';
import { findMeshDirectories, type MeshDirectory } from './mesh-directory.ts';

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
