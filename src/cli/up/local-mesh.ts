import type { Server } from 'node:net';
import { availableParallelism } from 'node:os';
import { CliError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { ControlServer } from './control-socket.ts';
import { LocalNode, type LocalNodeParts } from './local-node.ts';
import type { NodeReport } from './node-report.ts';
import { closeServer, type FreeSeats } from './ports.ts';

/** Per processor. Starting is all computing, and nodes that get no processor time consider each other dead. */
const STARTS_AT_ONCE = 2;

/** A whole mesh on this machine: its nodes, its private directory, and the socket on which it is told to revive one. */
export class LocalMesh {
  readonly #parts: LocalNodeParts;
  readonly #nodes: readonly LocalNode[];
  readonly #claim: Server | undefined;
  #control: ControlServer | undefined;

  constructor({ seats, claim }: FreeSeats, parts: LocalNodeParts) {
    this.#parts = parts;
    this.#claim = claim;
    this.#nodes = seats.map((seat) => new LocalNode(seat, parts));
  }

  /** Starts the nodes and resolves when every one is ready. `close` cleans up also after a failure. */
  async start(): Promise<NodeReport[]> {
    const reports: NodeReport[] = [];
    // All take from one queue.
    const queue = this.#nodes.entries();
    const startSome = async (): Promise<void> => {
      for (const [at, node] of queue) reports[at] = await node.start();
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE * availableParallelism() }, startSome));
    const { directory, clock } = this.#parts;
    this.#control = await ControlServer.open(directory.controlSocket, clock, (letter) => this.#revive(letter));
    return reports;
  }

  /** Stops the nodes and leaves nothing behind. Once `insisted` resolves, what is left is killed. */
  async close(insisted: Promise<void>): Promise<void> {
    const stopped = Promise.all(this.#nodes.map((node) => node.close())).then(() => 'stopped');
    const outcome = await Promise.race([stopped, insisted]);
    if (outcome === undefined) await Promise.all(this.#nodes.map((node) => node.kill()));
    await Promise.all(this.#nodes.map((node) => node.killStore()));
    await this.#control?.close();
    if (this.#claim !== undefined) await closeServer(this.#claim);
    await this.#parts.directory.remove();
  }

  async #revive(letter: string): Promise<NodeReport> {
    const node = this.#nodes.find(({ seat }) => seat.letter === letter);
    if (node !== undefined) return await node.start();
    const letters = this.#nodes.map(({ seat }) => seat.letter).join(', ');
    throw new CliError(`this mesh has no node ${JSON.stringify(letter)}, only ${letters}`, EXIT.usage);
  }
}
