/*
 * Writes docs/options.md from the table of options: `npm run docs:options`. What stands above a row there, as a comment, is
 * why its default is what it is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describeOptions, type OptionDescription } from '../src/config/option-names.ts';
import type { OptionRow } from '../src/config/option-row.ts';
import { OPTIONS } from '../src/config/options.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = 'docs/options.md';
const TABLES = ['src/config/options.ts', 'src/config/limit-options.ts'];

const SECTIONS: Readonly<Record<string, string>> = {
  '': 'The node',
  mesh: 'The mesh',
  doors: 'The doors',
  session: 'Sessions',
  store: 'The store',
  timings: 'Timings',
  limits: 'Limits',
  log: 'The log',
};

const HEAD = `# Options

<!-- Generated from the table in src/config/options.ts by \`npm run docs:options\`. Do not edit. -->

Every option has a place in the configuration file, an environment variable and a flag. A flag wins over a variable, a variable over the
file. \`maglia serve --help\` prints them all, and \`maglia check-config\` reports every problem at once.

In the file, the dot is a level: \`"session": { "ttlSeconds": 1440 }\`. A list is a JSON array there, and comma-separated in a variable or
flag.
`;

export function renderOptionsPage(): string {
  const reasons = reasonsByPath();
  const described = describeOptions();
  const parts = Object.entries(SECTIONS).map(([name, title]) => {
    const options = described.filter(({ path }) => sectionOf(path) === name);
    const notes = options.flatMap(({ path }) => {
      const reason = reasons.get(path);
      return reason === undefined ? [] : [`- \`${path}\`: ${reason}`];
    });
    const table = ['| option | default | takes | |', '|---|---|---|---|', ...options.map(renderRow)];
    return [
      `## ${title}`,
      '',
      ...table,
      ...(notes.length === 0 ? [] : ['', 'Why these defaults:', '', ...notes]),
      '',
    ].join('\n');
  });
  const left = described.filter(({ path }) => SECTIONS[sectionOf(path)] === undefined);
  if (left.length > 0) throw new RangeError(`no section for ${left.map(({ path }) => path).join(', ')}`);
  return [HEAD, ...parts].join('\n');
}

function sectionOf(path: string): string {
  return path.includes('.') ? path.slice(0, path.indexOf('.')) : '';
}

function renderRow({ path, isInFile, flag, former, variable, expected, says }: OptionDescription): string {
  const names = [...(isInFile ? [`**\`${path}\`**`] : []), `\`${flag}\``, `\`${variable}\``];
  const formerly = former === undefined ? '' : `. Its former name, \`${former.path}\`, is taken for one release more`;
  const cells = [names.join('<br>'), renderDefault(OPTIONS[path]), expected, says + formerly];
  return `| ${cells
    .map((cell) =>
      cell
        .replace(/</g, '&lt;')
        .replace(/\|/g, '\\|')
        .replace(/&lt;br>/g, '<br>'),
    )
    .join(' | ')} |`;
}

function renderDefault(row: OptionRow): string {
  if (!('fallback' in row)) return row.otherwise;
  const values: readonly unknown[] = Array.isArray(row.fallback) ? row.fallback : [row.fallback];
  return values.map((value) => `\`${String(value)}\``).join(' ');
}

/** The comments above the rows. */
function reasonsByPath(): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const file of TABLES) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node) && Object.hasOwn(OPTIONS, nameOf(node))) {
        const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
        const lines = ranges.map(({ pos, end }) =>
          text
            .slice(pos, end)
            .replace(/^\/\/ ?/, '')
            .trim(),
        );
        if (lines.length > 0) reasons.set(nameOf(node), lines.join(' '));
      } else ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return reasons;
}

function nameOf({ name }: ts.PropertyAssignment): string {
  return ts.isStringLiteral(name) || ts.isIdentifier(name) ? name.text : '';
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(ROOT, PAGE), renderOptionsPage());
