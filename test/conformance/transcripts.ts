import { bytesOf, type Answer, type Scenario, type Transcript } from './scenario.ts';
import { binaryScenarios } from './scenarios/binary.ts';
import { metaScenarios } from './scenarios/meta.ts';
import { textScenarios } from './scenarios/text.ts';
import { binaryAnswers } from './transcripts/binary.ts';
import { metaAnswers } from './transcripts/meta.ts';
import { textAnswers } from './transcripts/text.ts';

/** What the real memcached answered, by the scenario's name. Written by record.mjs. */
export type RecordedAnswers = Readonly<Record<string, readonly Answer[]>>;

export const textTranscripts = transcriptsOf(textScenarios, textAnswers);
export const metaTranscripts = transcriptsOf(metaScenarios, metaAnswers);
export const binaryTranscripts = transcriptsOf(binaryScenarios, binaryAnswers);

/** A scenario that was changed and not recorded again has answers that are not there: no test of it passes. */
function transcriptsOf(scenarios: readonly Scenario[], answers: RecordedAnswers): readonly Transcript[] {
  return scenarios.map(({ name, steps }) => ({
    name,
    steps: steps.map((step, index) => ({
      send: bytesOf(step),
      answer: answers[name]?.[index] ?? { bytes: 'not recorded', closes: false },
    })),
  }));
}
