import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { intendedDifferences } from './intended-differences.ts';
import { converse } from './real-memcached.ts';
import type { Answer, Scenario } from './scenario.ts';
import { binaryScenarios } from './scenarios/binary.ts';
import { metaScenarios } from './scenarios/meta.ts';
import { textScenarios } from './scenarios/text.ts';

const SCENARIOS: Readonly<Record<string, readonly Scenario[]>> = {
  text: textScenarios,
  meta: metaScenarios,
  binary: binaryScenarios,
};

/** Every character that is not plain ASCII, and every control character, as an escape. */
const UNPRINTABLE = /[^\x20-\x7e]/g;

/** Records every scenario again, and returns what the real memcached says differently from what is written down. */
export async function record(say: (line: string) => void): Promise<string[]> {
  const surprises: string[] = [];
  for (const [protocol, scenarios] of Object.entries(SCENARIOS)) {
    say(`${protocol}: ${scenarios.length} scenarios`);
    const answers: Record<string, Answer[]> = {};
    for (const { name, steps } of scenarios) answers[name] = await converse(steps);
    if (await isChanged(protocol, answers)) surprises.push(`the transcripts of ${protocol} have changed`);
  }
  say(`${intendedDifferences.length} intended differences`);
  for (const { id, memcached, steps } of intendedDifferences) {
    const last = (await converse(steps)).at(-1);
    if (JSON.stringify(last) !== JSON.stringify(memcached)) surprises.push(`${id}: ${JSON.stringify(last)}`);
  }
  return surprises;
}

async function isChanged(protocol: string, answers: Record<string, Answer[]>): Promise<boolean> {
  const path = join(import.meta.dirname, 'transcripts', `${protocol}.ts`);
  const before = await readFile(path, 'utf8').catch(() => '');
  const literal = JSON.stringify(answers).replace(UNPRINTABLE, hexEscape).replaceAll('\\u00', '\\x');
  const text = `
    import type { RecordedAnswers } from '../transcripts.ts';
    /** Recorded from memcached 1.6.18 by record.mjs. Do not edit. */
    export const ${protocol}Answers: RecordedAnswers = ${literal};`;
  const after = await format(text, { ...(await resolveConfig(path)), parser: 'typescript' });
  await writeFile(path, after);
  return after !== before;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
