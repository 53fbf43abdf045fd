import type { BenchResult, Machine } from './bench-result.ts';
import { comparisonTable } from './comparison-table.ts';
import { figuresTable } from './figures.ts';
import { markdownTable } from './markdown-table.ts';
import type { ResultTable, SectionResult } from './section-result.ts';

/** The whole report, as Markdown that can be read in a terminal. */
export function reportText(result: BenchResult): string {
  return [
    machineText(result.machine),
    ...result.sections.map(sectionText),
    ...result.thrownOut.map((why) => `**Thrown out:** ${why}`),
    ...[figuresTable(result.sections)].filter(({ rows }) => rows.length > 0).map(tableText),
  ].join('\n\n');
}

/** What several runs say of the figures to reach, side by side. */
export function figuresText(results: readonly BenchResult[]): string {
  const runs = results.map(({ machine }, at) => `Run ${at + 1}: ${machineText(machine)}`);
  return [...runs, tableText(figuresTable(...results.map(({ sections }) => sections)))].join('\n\n');
}

function machineText({ date, command, revision, cores, cpu, kernel, versions }: Machine): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `\`${command}\`, ${date}, revision ${revision}, ${cores} cores (${cpu}), Linux ${kernel};\n${programs.join(', ')}.`;
}

function sectionText({ section, comparisons, tables, tookSeconds }: SectionResult): string {
  const all = [...(comparisons.length > 0 ? [comparisonTable(section, comparisons)] : []), ...tables];
  return [...all.map(tableText), `(${section}: ${Math.round(tookSeconds)} s)`].join('\n\n');
}

function tableText({ title, columns, rows, notes = [] }: ResultTable): string {
  return [`### ${title}`, markdownTable(columns, rows), ...notes].join('\n\n');
}
