// Records the transcripts again from the memcached that is installed: node test/conformance/record.mjs
import { join } from 'node:path';
import process from 'node:process';
import { runnerImport } from 'vite';

const { module } = await runnerImport(join(import.meta.dirname, 'record.ts'));
const surprises = await module.record((line) => process.stdout.write(`${line}\n`));
for (const surprise of surprises) process.stdout.write(`${surprise}\n`);
process.exitCode = surprises.length === 0 ? 0 : 1;
