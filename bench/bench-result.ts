import type { BenchOptions } from './bench-options.ts';
import type { SectionResult } from './section-result.ts';

/** What the JSON file holds: everything. */
export interface BenchResult {
  readonly machine: Machine;
  readonly options: BenchOptions;
  readonly sections: readonly SectionResult[];
  /** Runs whose answers were wrong. */
  readonly thrownOut: readonly string[];
}

export interface Machine {
  readonly date: string;
  readonly command: string;
  readonly revision: string;
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  /** By program. */
  readonly versions: Readonly<Record<string, string>>;
}
