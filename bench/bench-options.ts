import { Command, InvalidArgumentError } from 'commander';
import { SECTION_NAMES, type SectionName } from './section-names.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** Of each contender in each round. */
  readonly seconds: number;
  /** Of each kind of failure. */
  readonly tries: number;
  readonly soakMinutes: number;
  readonly only: readonly SectionName[];
  /** Rows whose name has this in it. */
  readonly rows: string;
  readonly json: string;
}

/** The soak takes half an hour: only who asks for it by name gets it. */
const USUAL = SECTION_NAMES.filter((name) => name !== 'soak');

export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description('how maglia stands against what one would take instead, in one interleaved run, as ratios')
    .option('--rounds <n>', 'how often every contender runs', wholeNumber, 3)
    .option('--seconds <n>', 'how long each contender is counted in each round', wholeNumber, 2)
    .option('--tries <n>', 'failover: how often an owner dies, of each kind of death', wholeNumber, 100)
    .option('--soak-minutes <n>', 'soak: how long', wholeNumber, 30)
    .option('--only <sections>', `these only, with commas: ${SECTION_NAMES.join(', ')}`, sectionNames, USUAL)
    .option('--rows <text>', 'of these sections only the rows whose name has this in it', '')
    .option('--json <file>', 'where everything that was measured is written', 'bench-result.json')
    .parse(argv, { from: 'user' });
  return command.opts<BenchOptions>();
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number, 1 or more.');
}

function sectionNames(text: string): readonly SectionName[] {
  const names = text.split(',');
  const known = SECTION_NAMES.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError(`The sections are ${SECTION_NAMES.join(', ')}.`);
}
