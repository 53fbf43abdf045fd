import { describe, expect, test } from 'vitest';
import { trafficIn } from '../../../bench/mesh-traffic.ts';
import { cpuSecondsIn } from '../../../bench/process-cpu.ts';
import { residentIn } from '../../../bench/resident.ts';

const SS = `ESTAB 0 0 127.0.0.1:40000 127.0.0.1:7421
\t cubic bytes_sent:1000 bytes_acked:1000 bytes_received:9 segs_out:10 segs_in:3
ESTAB 0 0 127.0.0.1:7421 127.0.0.1:40000
\t cubic bytes_sent:200 segs_out:5
ESTAB 0 0 127.0.0.1:5432 127.0.0.1:40001
\t cubic bytes_sent:7777 segs_out:77
`;

describe("the processes' own accounts", () => {
  test('CPU time is user and system time, whatever the program is called', () => {
    const stat = '4711 (a (b) c) S 1 4711 4711 0 -1 4194560 900 0 2 0 250 75 0 0 20 0 11 0 100 1 2';
    expect(cpuSecondsIn(stat)).toBe(3.25);
    expect(() => cpuSecondsIn('')).toThrow(RangeError);
  });

  test('memory is all that is resident, and what of it is nobody else’s', () => {
    const rollup =
      'Rss:               99000 kB\nPss:  70000 kB\nPrivate_Clean:      1000 kB\nPrivate_Dirty:     59000 kB\n';
    expect(residentIn(rollup)).toEqual({ kilobytes: 99_000, privateKilobytes: 60_000 });
    expect(() => residentIn('')).toThrow(RangeError);
  });

  test('traffic is what both ends of the connections to these ports have sent, and nobody else', () => {
    expect(trafficIn(SS, new Set([7421]))).toEqual({ bytes: 1200, segments: 15 });
  });
});
