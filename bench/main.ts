/** `scripts/bench`: runs the sections one after the other, prints what they measured, and writes it down. */
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { makeDirectory, type BenchContext } from './bench-context.ts';
import { readOptions, type BenchOptions } from './bench-options.ts';
import { Cleanup } from './cleanup.ts';
import { machine } from './machine.ts';
import { reportText } from './report-text.ts';
import type { BenchResult } from './bench-result.ts';
import type { SectionName } from './section-names.ts';
import type { SectionResult } from './section-result.ts';
import { SECTIONS } from './sections.ts';

/** As a shell has it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function runSection(
  name: SectionName,
  options: BenchOptions,
  signal: AbortSignal,
  thrownOut: string[],
): Promise<SectionResult> {
  const cleanup = new Cleanup();
  const context: BenchContext = {
    ...{ options, cleanup, signal },
    directory: makeDirectory(cleanup),
    say: (line) => say(`${name}: ${line}`),
    throwOut: (why) => {
      thrownOut.push(`${name}: ${why}`);
      say(`!! ${name}: ${why}`);
    },
  };
  const startedAt = performance.now();
  try {
    const outcome = await SECTIONS[name](context);
    const tookSeconds = (performance.now() - startedAt) / 1000;
    return { section: name, comparisons: [], tables: [], figures: {}, ...outcome, tookSeconds };
  } finally {
    await cleanup.run();
  }
}

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      say('ending what was started');
      interrupt.abort();
    });
  }
  const sections: SectionResult[] = [];
  const thrownOut: string[] = [];
  const result = (): BenchResult => ({ machine: machine(), options, sections, thrownOut });
  for (const name of options.only) {
    try {
      sections.push(await runSection(name, options, interrupt.signal, thrownOut));
    } catch (error) {
      if (interrupt.signal.aborted) return INTERRUPTED;
      thrownOut.push(`${name}: all of it`);
      say(`!! ${name}: ${inspect(error)}`);
    }
    writeFileSync(options.json, `${JSON.stringify(result(), undefined, 2)}\n`);
  }
  process.stdout.write(`${reportText(result())}\n`);
  return thrownOut.length > 0 ? 1 : 0;
}

process.exitCode = await run();
