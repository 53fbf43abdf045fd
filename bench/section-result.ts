import type { Comparison } from './measure.ts';
import type { SectionName } from './section-names.ts';
import type { Spread } from './statistics.ts';

/** What one section measured. */
export interface SectionResult {
  readonly section: SectionName;
  readonly comparisons: readonly Comparison[];
  readonly tables: readonly ResultTable[];
  /** Figures to reach that are no ratio of a comparison, by name. */
  readonly figures: Readonly<Partial<Record<FigureName, Spread>>>;
  readonly tookSeconds: number;
}

/** What is not a comparison of throughputs: cells as they are printed. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes?: readonly string[];
}

export type FigureName =
  | 'killedP99Ms'
  | 'frozenP99Ms'
  | 'blackholedP99Ms'
  | 'longestWaitMs'
  | 'idleDaemonMegabytes'
  | 'kilobytesPerDoorConnection'
  | 'kilobytesPerHttpConnection';

export type SectionOutcome = Partial<Pick<SectionResult, 'comparisons' | 'tables' | 'figures'>>;
