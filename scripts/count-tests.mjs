// Prints "passed failed" from a report of vitest's JSON reporter.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
process.stdout.write(`${numPassedTests} ${numFailedTests}\n`);
