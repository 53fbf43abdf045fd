import { createServer, type Server } from 'node:net';
import { CliError } from '../../errors.ts';
import { ALPHABET, isLetter, type Letter } from '../../session/letter.ts';
import { EXIT } from '../exit-codes.ts';

/** A node's place in a local mesh. All ports are on 127.0.0.1. */
export interface Seat {
  readonly letter: Letter;
  readonly httpPort: number;
  readonly meshPort: number;
  readonly memcachedPort: number;
}

export const HOST = '127.0.0.1';
export const MAX_NODES = 26;

/** HTTP on base, base+1, …; memcached on base+50, …; mesh on base+100, …: with the first base, `a` is where `maglia status` looks. */
const FIRST_BASE_PORT = 7420;
const MEMCACHED_OFFSET = 50;
const MESH_OFFSET = 100;
/** Bound while the mesh lives, so that two meshes that start together do not choose the same block. */
const CLAIM_OFFSET = 199;
const BLOCK = 200;
/**
 * The kernel gives ports from here on to outgoing connections. A dead node's port would soon be somebody's, and a peer
 * that redials it could even be connected to itself.
 */
const EPHEMERAL_PORT = 32_768;
const HIGHEST_PORT = 65_535;

/** The seats of `nodes` nodes, in map order, from this port on. */
export function planSeats(nodes: number, basePort: number): Seat[] {
  return Array.from(ALPHABET.slice(0, nodes))
    .filter(isLetter)
    .map((letter, at) => ({
      letter,
      httpPort: basePort + at,
      meshPort: basePort + MESH_OFFSET + at,
      memcachedPort: basePort + MEMCACHED_OFFSET + at,
    }));
}

/** The highest base port that leaves room for so many nodes. */
function highestBasePort(nodes: number): number {
  return HIGHEST_PORT - MESH_OFFSET - (nodes - 1);
}

/** Seats whose ports were free a moment ago. `claim` keeps other meshes away until it is closed. */
export interface FreeSeats {
  readonly seats: readonly Seat[];
  readonly claim: Server | undefined;
}

/**
 * Seats from `basePort` on; without one, in the first block of ports that is free.
 *
 * @throws CliError that names the port in use, or says that no block is free.
 */
export async function findFreeSeats(nodes: number, basePort?: number): Promise<FreeSeats> {
  if (basePort !== undefined) {
    const highest = highestBasePort(nodes);
    if (basePort > highest)
      throw new CliError(`--base-port ${basePort}: at most ${highest} for ${nodes} nodes`, EXIT.usage);
    const seats = planSeats(nodes, basePort);
    const taken = await firstTakenPort(seats);
    if (taken === undefined) return { seats, claim: undefined };
    throw new CliError(`port ${taken} is in use: stop what listens there, or choose another --base-port`, EXIT.usage);
  }
  for (let base = FIRST_BASE_PORT; base + BLOCK <= EPHEMERAL_PORT; base += BLOCK) {
    const claim = await bind(base + CLAIM_OFFSET);
    if (claim === undefined) continue;
    const seats = planSeats(nodes, base);
    if ((await firstTakenPort(seats)) === undefined) return { seats, claim };
    await closeServer(claim);
  }
  throw new CliError('found no free block of ports on this machine: name one with --base-port', EXIT.unavailable);
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function firstTakenPort(seats: readonly Seat[]): Promise<number | undefined> {
  for (const port of seats.flatMap((seat) => [seat.httpPort, seat.meshPort, seat.memcachedPort])) {
    const probe = await bind(port);
    if (probe === undefined) return port;
    await closeServer(probe);
  }
  return undefined;
}

function bind(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host: HOST, port, exclusive: true }, () => resolve(server));
  });
}
