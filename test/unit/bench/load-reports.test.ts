import { describe, expect, test } from 'vitest';
import { parseMemcslapReport } from '../../../bench/load/memcslap-report.ts';
import { childrenSeconds } from '../../../bench/load/run-program.ts';
import { parseWrkReport } from '../../../bench/load/wrk-report.ts';

const MEMCSLAP = `Time to generate       2000 test keys:                0.003 seconds.
Time to set            2000 keys:                     0.046 seconds.
Time to start            50 threads:                  0.001 seconds.
--------------------------------------------------------------------
Time to get           99987 keys by   50 threads:     1.850 seconds.
--------------------------------------------------------------------
Time total:                                           1.900 seconds.
`;

const WRK = `Running 2s test @ http://127.0.0.1:8080
  1 threads and 50 connections
Requests/sec:  13637.00
counted requests=27310 us=2002600 failed=3 p50=3520 p99=13200 p999=15100 longest=21000
`;

describe('the reports of the load tools', () => {
  test("memcslap's says how many of the test itself were right, not of its preparations", () => {
    expect(parseMemcslapReport(MEMCSLAP)).toEqual({ operations: 99_987, seconds: 1.85 });
  });

  test("wrk's says what our script counts, failures included", () => {
    expect(parseWrkReport(WRK)).toEqual({
      operations: 27_310,
      seconds: 2.0026,
      errors: 3,
      latencyMs: { p50: 3.52, p99: 13.2, p999: 15.1, longest: 21 },
    });
  });

  test('whatever else a tool says is an error', () => {
    expect(() => parseMemcslapReport('memcslap: no servers')).toThrow(RangeError);
    expect(() => parseWrkReport('unable to connect')).toThrow(RangeError);
  });

  test("a tool's own CPU time is what the shell says of its children, user and system", () => {
    expect(childrenSeconds('0m0.01s 0m0.02s\n1m2.50s 0m0.25s\n')).toBe(62.75);
  });
});
