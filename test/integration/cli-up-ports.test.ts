import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { closeServer, findFreeSeats, type FreeSeats } from '../../src/cli/up/ports.ts';

const open: Server[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await closeServer(server);
});

async function find(nodes: number, basePort?: number): Promise<FreeSeats> {
  const found = await findFreeSeats(nodes, basePort);
  if (found.claim !== undefined) open.push(found.claim);
  return found;
}

async function listen(port: number): Promise<void> {
  const server = createServer();
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

describe('the ports of a local mesh', () => {
  it('are different for two meshes that start at the same time', async () => {
    const meshes = await Promise.all([find(2), find(2), find(2)]);
    const ports = meshes.flatMap(({ seats }) =>
      seats.flatMap(({ httpPort, meshPort, memcachedPort }) => [httpPort, meshPort, memcachedPort]),
    );
    expect(new Set(ports).size).toBe(18);
  });

  it('lie below those that the kernel gives to outgoing connections', async () => {
    const { seats } = await find(26);
    expect(Math.max(...seats.map(({ meshPort }) => meshPort))).toBeLessThan(32_768);
  });

  it('begin where they are told to', async () => {
    const base = (await find(2)).seats[0]?.httpPort ?? 0;
    const { seats } = await find(2, base);
    expect(seats[0]?.httpPort).toBe(base);
  });

  it('are refused by name where one of them is in use', async () => {
    const taken = (await find(3)).seats[2]?.meshPort ?? 0;
    await listen(taken);
    await expect(find(3, taken - 102)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(`port ${taken} is in use`) as unknown,
    });
  });

  it('are refused where there is no room above the base port', async () => {
    await expect(find(3, 65_500)).rejects.toMatchObject({ exitCode: EXIT.usage });
  });
});
