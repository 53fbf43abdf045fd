import { describe, expect, it } from 'vitest';
import { planSeats } from '../../../../src/cli/up/ports.ts';

describe('the seats of a local mesh', () => {
  it('have HTTP on the base port and the next ones, memcached fifty above, mesh a hundred above', () => {
    expect(planSeats(3, 7420)).toEqual([
      { letter: 'a', httpPort: 7420, meshPort: 7520, memcachedPort: 7470 },
      { letter: 'b', httpPort: 7421, meshPort: 7521, memcachedPort: 7471 },
      { letter: 'c', httpPort: 7422, meshPort: 7522, memcachedPort: 7472 },
    ]);
  });

  it('never share a port, however many there are', () => {
    const ports = planSeats(26, 7420).flatMap(({ httpPort, meshPort, memcachedPort }) => [
      httpPort,
      meshPort,
      memcachedPort,
    ]);
    expect(new Set(ports).size).toBe(78);
  });
});
