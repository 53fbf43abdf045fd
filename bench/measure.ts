import { pairwiseRatios } from './statistics.ts';

/** One contender in one round. */
export interface Measure {
  readonly operations: number;
  readonly seconds: number;
  /** Of all the processes that serve, out of their own accounting. */
  readonly serverCpuSeconds: number;
  /** The same for each of them, in the order in which the contender names them; of our own load generator alone. */
  readonly serverCpuSecondsEach?: readonly number[];
  /** Of the load tool: where this comes near `seconds`, the tool was the limit. */
  readonly loadCpuSeconds: number;
  /** Absent where the tool tells none. */
  readonly latencyMs?: Latencies;
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
}

/** One way to do the same work, with what it measured in each round, in the order of the rounds. */
export interface Contender {
  readonly name: string;
  /** The processes that serve it. */
  readonly servers?: readonly string[];
  readonly rounds: readonly Measure[];
}

/** Contenders that took turns in the same rounds, one row of the table. */
export interface Comparison {
  readonly row: string;
  readonly tool: string;
  /** The contender that the others are divided by. */
  readonly against: string;
  readonly contenders: readonly Contender[];
}

export function opsPerSecond({ operations, seconds }: Measure): number {
  return operations / seconds;
}

export function cpuMicrosPerOperation({ serverCpuSeconds, operations }: Measure): number {
  return (serverCpuSeconds / operations) * 1e6;
}

/** Some value of one contender by that of another, round by round. Undefined where one of them did not run. */
export function ratiosOf(
  { contenders }: Comparison,
  value: (measure: Measure) => number,
  of: string,
  by: string,
): readonly number[] | undefined {
  const [one, other] = [of, by].map((name) => contenders.find((contender) => contender.name === name)?.rounds);
  if (one === undefined || other === undefined) return undefined;
  return pairwiseRatios(one.map(value), other.map(value));
}
