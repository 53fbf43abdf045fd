import { describe, expect, it } from 'vitest';
import { planSeats } from '../../../../src/cli/up/ports.ts';

describe('the seats of a local mesh', () => {
  it('have HTTP on the base port and the next ones, mesh a hundred above', () => {
    expect(planSeats(3, 7420)).toEqual([
      { letter: 'a', httpPort: 7420, meshPort: 7520 },
      { letter: 'b', httpPort: 7421, meshPort: 7521 },
      { letter: 'c', httpPort: 7422, meshPort: 7522 },
    ]);
  });

  it('never share a port, however many there are', () => {
    const ports = planSeats(26, 7420).flatMap(({ httpPort, meshPort }) => [httpPort, meshPort]);
    expect(new Set(ports).size).toBe(52);
  });
});
