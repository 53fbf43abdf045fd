// Prints "passed failed" from a report of vitest's JSON reporter. A file that fails without a failed test, as where what is done
// before its tests fails, counts as one.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const withoutTest = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
);
process.stdout.write(`${numPassedTests} ${numFailedTests + withoutTest.length}\n`);
