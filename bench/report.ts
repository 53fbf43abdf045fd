/**
 * Prints JSON files of `npm run bench` as Markdown, for docs/performance.md: `npx tsx bench/report.ts <file>...`. All of one
 * file; of several, which are runs of the same, the figures side by side.
 */
import { readFileSync } from 'node:fs';
import type { BenchResult } from './bench-result.ts';
import { figuresText, reportText } from './report-text.ts';

const [file = 'bench-result.json', ...others] = process.argv.slice(2);
const report = others.length === 0 ? reportText(resultIn(file)) : figuresText([file, ...others].map(resultIn));
process.stdout.write(`${report}\n`);

function resultIn(path: string): BenchResult {
  return JSON.parse(readFileSync(path, 'utf8')) as BenchResult;
}
