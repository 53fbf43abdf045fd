import { describe, expect, test } from 'vitest';
import type { AcceptedSocket } from '../../../src/mesh/transport.ts';
import { Random } from '../../support/sim/random.ts';
import { SimNetwork } from '../../support/sim/sim-network.ts';
import { SimProcess } from '../../support/sim/sim-process.ts';
import type { SimSocket } from '../../support/sim/sim-socket.ts';
import { World } from '../../support/sim/world.ts';
import { letterOf } from '../session/letters.ts';

const [A, B] = [letterOf('a'), letterOf('b')];

const SEEDS = [1, 2, 3, 4, 5, 6];

/** Longer than any delay, and than it takes to send again what a cut held up. */
const SOON_MS = 500;

interface Connection {
  readonly world: World;
  readonly network: SimNetwork;
  readonly dialler: SimSocket;
  readonly acceptor: AcceptedSocket;
  readonly machines: { readonly a: SimProcess; readonly b: SimProcess };
  /** What b's process read, chunk by chunk, and how it heard of the end. */
  readonly read: string[];
  readonly told: string[];
}

/** Between two daemons, one of which says what it read. */
async function connect(seed: number): Promise<Connection> {
  const world = new World();
  const random = new Random(seed);
  const network = new SimNetwork(world, random, () => undefined);
  const machine = { now: () => world.now, monotonic: () => world.now };
  const [a, b] = [new SimProcess(world, random, machine), new SimProcess(world, random, machine)];
  const [read, told]: string[][] = [[], []];
  const accepted: AcceptedSocket[] = [];
  network.listen(B, {
    process: b,
    onSocket: (socket) => {
      accepted.push(socket);
      socket.on('data', (chunk) => read?.push(chunk.toString()));
      socket.on('end', () => told?.push('end'));
      socket.on('error', (error) => told?.push(error.message));
    },
  });
  const dialler = network.dial(A, B, a);
  dialler.on('error', (error: Error) => told?.push(`a: ${error.message}`));
  await world.runUntil(SOON_MS);
  const [acceptor] = accepted;
  if (acceptor === undefined) throw new TypeError('nobody was called');
  return { world, network, dialler, acceptor, machines: { a, b }, read: read ?? [], told: told ?? [] };
}

describe('a simulated connection', () => {
  test.each(SEEDS)('brings all that was written, in order, however it is taken apart: seed %i', async (seed) => {
    const { dialler, read, world } = await connect(seed);
    const lines = Array.from({ length: 200 }, (_, number) => `line ${number};`);
    for (const line of lines) dialler.write(Buffer.from(line));
    await world.runUntil(world.now + 20 * SOON_MS);
    expect(read.join('')).toBe(lines.join(''));
  });

  test.each(SEEDS)('holds up its writer while nobody reads, and says when that is over: seed %i', async (seed) => {
    const { dialler, machines, read, world } = await connect(seed);
    let drains = 0;
    dialler.on('drain', () => (drains += 1));
    machines.b.freeze();
    expect(dialler.write(Buffer.alloc(90_000))).toBe(false);
    await world.runUntil(world.now + SOON_MS);
    expect(dialler.writableLength).toBeGreaterThan(20_000);
    expect(drains).toBe(0);
    machines.b.resume();
    await world.runUntil(world.now + 20 * SOON_MS);
    expect(dialler.writableLength).toBe(0);
    expect(drains).toBe(1);
    expect(read.join('')).toHaveLength(90_000);
  });

  test('a process that was stopped reads at once what came meanwhile', async () => {
    const { dialler, machines, read, world } = await connect(1);
    machines.b.freeze();
    for (const word of ['one ', 'two ', 'three']) dialler.write(Buffer.from(word));
    await world.runUntil(world.now + SOON_MS);
    expect(read).toEqual([]);
    machines.b.resume();
    await world.runUntil(world.now + SOON_MS);
    expect(read).toEqual(['one two three']);
  });

  test('a cut holds up one direction, and what it held up comes when it is mended', async () => {
    const { acceptor, dialler, network, read, world } = await connect(1);
    const heard: string[] = [];
    dialler.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    network.cut(A, B);
    dialler.write(Buffer.from('there'));
    acceptor.write(Buffer.from('back'));
    await world.runUntil(world.now + SOON_MS);
    expect([read, heard]).toEqual([[], ['back']]);
    network.heal(A, B);
    await world.runUntil(world.now + SOON_MS);
    expect(read).toEqual(['there']);
  });

  test('one that is closed tells the other side so, in order or with a reset', async () => {
    const ends: string[] = [];
    for (const seed of SEEDS) {
      const { dialler, told, world } = await connect(seed);
      dialler.destroy();
      await world.runUntil(world.now + SOON_MS);
      ends.push(...told);
    }
    expect(new Set(ends)).toEqual(new Set(['end', 'ECONNRESET']));
    expect(ends).toHaveLength(SEEDS.length);
  });

  test('nothing comes of a machine without power; who writes to it is told when it is there again', async () => {
    const { dialler, machines, network, told, world } = await connect(1);
    network.powerOff(B);
    machines.b.kill();
    dialler.write(Buffer.from('anybody?'));
    await world.runUntil(world.now + SOON_MS);
    expect(told).toEqual([]);
    network.powerOn(B);
    await world.runUntil(world.now + SOON_MS);
    expect(told).toEqual(['a: ECONNRESET']);
  });

  test('a machine where nobody listens refuses', async () => {
    const { machines, network, told, world } = await connect(1);
    machines.b.kill();
    await world.runUntil(world.now + SOON_MS);
    told.length = 0;
    network.dial(A, B, machines.a).on('error', (error: Error) => told.push(error.message));
    await world.runUntil(world.now + SOON_MS);
    expect(told).toEqual(['ECONNREFUSED']);
  });
});
