/** Prints a JSON file of `npm run bench` as Markdown, for docs/performance.md: `npx tsx bench/report.ts <file>`. */
import { readFileSync } from 'node:fs';
import type { BenchResult } from './bench-result.ts';
import { reportText } from './report-text.ts';

const [file = 'bench-result.json'] = process.argv.slice(2);
process.stdout.write(`${reportText(JSON.parse(readFileSync(file, 'utf8')) as BenchResult)}\n`);
