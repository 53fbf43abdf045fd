/**
 * Prints JSON files of `npm run bench` as Markdown, for docs/performance.md: `npx tsx bench/report.ts <file>...`. All of one
 * file; of several, which are runs of the same, the figures side by side.
 */
import { readFileSync } from 'node:fs';
import type { BenchResult } from './bench-result.ts';
import { figuresText, reportText } from './report-text.ts';

const [file = 'bench-result.json', ...others] = process.argv.slice(2);
const [first, ...more] = [resultIn(file), ...others.map(resultIn)] as const;
process.stdout.write(`${more.length === 0 ? reportText(first) : figuresText([first, ...more])}\n`);

function resultIn(path: string): BenchResult {
  return JSON.parse(readFileSync(path, 'utf8')) as BenchResult;
}
