import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { HANDSHAKE_REFUSALS } from '../../src/errors.ts';
import { PROBLEMS } from '../../src/doors/http/problems.ts';
import { FAILURE_CODES, FAILURE_TEXTS, REFUSAL_CODES } from '../../src/session/reply.ts';
import { RESET_REASONS } from '../../src/session/record.ts';

const ROOT = join(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** From the ground up: a file imports from its own folder and from those before it, never from those after. */
const LAYERS = [
  ['errors.ts', 'clock.ts', 'soon.ts', 'long-work.ts', 'runtime-files.ts'],
  // Run in the application's process, so that they come without the daemon.
  ['clients'],
  ['session'],
  ['config', 'metrics'],
  ['listening'],
  ['store'],
  ['engine'],
  ['mesh'],
  ['standin'],
  ['membership'],
  ['routing'],
  ['node', 'doors/kit'],
  ['doors/memcached', 'doors/http'],
  ['daemon'],
  ['daemon.ts'],
  ['cli'],
  ['command-line.ts'],
  ['main.ts'],
];

const LONGEST_FILE_LINES = 350;

interface SourceFile {
  /** Relative to `src`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  /** Relative to `src`. */
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    return { path, text, tree, imports: importsOf(path, tree) };
  });

function importsOf(path: string, tree: ts.SourceFile): string[] {
  return tree.statements
    .filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    .flatMap((node) =>
      node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier) ? [node.moduleSpecifier.text] : [],
    )
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(path), target)));
}

function layerOf(path: string): number {
  const part = partOf(path);
  return LAYERS.findIndex((layer) => layer.includes(part));
}

/** A folder or file of src; of the doors, each has a layer of its own. */
function partOf(path: string): string {
  const [top = '', next = ''] = path.split('/');
  return top === 'doors' ? `${top}/${next}` : top;
}

/** `path:line` of every node that the predicate picks. */
function places(picks: (node: ts.Node) => boolean, inFile: (path: string) => boolean = () => true): string[] {
  const found: string[] = [];
  for (const { path, tree } of files.filter((file) => inFile(file.path))) {
    const visit = (node: ts.Node): void => {
      if (picks(node)) found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return found;
}

function isAccess(node: ts.Node, object: string, property?: string): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    node.expression.getText() === object &&
    (property === undefined || node.name.text === property)
  );
}

function isCallOf(node: ts.Node, names: readonly string[]): boolean {
  return ts.isCallExpression(node) && names.includes(node.expression.getText());
}

describe('the architecture', () => {
  test('there is something to look at', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  test('every folder of src has its layer', () => {
    expect(files.map(({ path }) => path).filter((path) => layerOf(path) === -1)).toEqual([]);
  });

  test('imports go down only', () => {
    const upward = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => layerOf(target) > layerOf(path) || isSibling(path, target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test('the kit of the doors knows no door, and no door another one', () => {
    const doors = files.map(({ path }) => partOf(path)).filter((part) => part.startsWith('doors/'));
    expect(new Set(doors)).toEqual(new Set(['doors/kit', 'doors/memcached', 'doors/http']));
    const crossing = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => path.startsWith('doors/') && target.startsWith('doors/'))
        .filter((target) => partOf(target) !== partOf(path) && partOf(target) !== 'doors/kit')
        .map((target) => `${path} -> ${target}`),
    );
    expect(crossing).toEqual([]);
  });

  test('the daemon imports nothing that is for applications', () => {
    const isClient = (path: string): boolean => layerOf(path) === LAYERS.findIndex(([top]) => top === 'clients');
    const crossing = files.flatMap(({ path, imports }) =>
      imports.filter((target) => isClient(target) && !isClient(path)).map((target) => `${path} -> ${target}`),
    );
    expect(crossing).toEqual([]);
  });

  test('imports form no cycle', () => {
    expect(cycles()).toEqual([]);
  });

  test('a relative import names a file that is there', () => {
    const known = new Set(files.map(({ path }) => path));
    const missing = files.flatMap(({ path, imports }) =>
      imports.filter((target) => !known.has(target)).map((target) => `${path} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('the type any is nowhere', () => {
    expect(places((node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
  });

  test('no compiler complaint is silenced', () => {
    const silenced = files.filter(({ text }) => /@ts-(?:ignore|nocheck|expect-error)|eslint-disable/.test(text));
    expect(silenced.map(({ path }) => path)).toEqual([]);
  });

  test('errors are classes with a code, never a bare Error', () => {
    const isBare = (node: ts.Node): boolean => ts.isNewExpression(node) && node.expression.getText() === 'Error';
    expect(places(isBare)).toEqual([]);
  });

  test('the environment is read in config only', () => {
    expect(
      places(
        (node) => isAccess(node, 'process', 'env'),
        (path) => !path.startsWith('config/'),
      ),
    ).toEqual([]);
  });

  test('time comes from the clock only', () => {
    const isTime = (node: ts.Node): boolean =>
      isCallOf(node, [
        'Date.now',
        'performance.now',
        'setTimeout',
        'setInterval',
        'process.hrtime',
        'process.hrtime.bigint',
      ]) ||
      (ts.isNewExpression(node) && node.expression.getText() === 'Date' && node.arguments?.length === 0);
    expect(places(isTime, (path) => path !== 'clock.ts')).toEqual([]);
  });

  test('the process is ended and listened to in main and in the command line only', () => {
    const isProcess = (node: ts.Node): boolean => isCallOf(node, ['process.exit', 'process.on', 'process.once']);
    expect(places(isProcess, (path) => path !== 'main.ts' && path !== 'command-line.ts')).toEqual([]);
  });

  test('nothing is logged to the console', () => {
    expect(places((node) => isAccess(node, 'console'))).toEqual([]);
  });

  test("nobody removes other people's listeners", () => {
    const removes = (node: ts.Node): boolean =>
      ts.isPropertyAccessExpression(node) && node.name.text === 'removeAllListeners';
    expect(places(removes)).toEqual([]);
  });

  test('modules keep no state of their own', () => {
    const isModuleLet = (node: ts.Node): boolean =>
      ts.isVariableStatement(node) &&
      ts.isSourceFile(node.parent) &&
      (node.declarationList.flags & ts.NodeFlags.Const) === 0;
    expect(places(isModuleLet)).toEqual([]);
  });

  test('there are no barrels and no dumping grounds', () => {
    const named = files.filter(({ path }) =>
      /(?:^|[/-])(?:index|utils?|helpers?|managers?|common|misc)\.ts$/.test(path),
    );
    expect(named.map(({ path }) => path)).toEqual([]);
  });

  test(`no file is longer than ${LONGEST_FILE_LINES} lines`, () => {
    const long = files.filter(({ text }) => text.split('\n').length > LONGEST_FILE_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('the code of every error class, and every HTTP code, is documented', () => {
    const documented = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
    const ofClasses = [...readFileSync(join(SRC, 'errors.ts'), 'utf8').matchAll(/code = '([A-Z_]+)'/g)];
    const codes = [
      ...ofClasses.map(([, code]) => code ?? ''),
      ...Object.keys(PROBLEMS),
      ...REFUSAL_CODES,
      ...FAILURE_CODES,
      ...HANDSHAKE_REFUSALS,
      ...RESET_REASONS,
    ];
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
  });

  test('why nobody could answer is documented in the words that the doors tell it in', () => {
    const rows = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').split('\n');
    const rowOf = (code: string): string => rows.find((row) => row.startsWith(`| \`${code}\` |`)) ?? '';
    expect(FAILURE_CODES.filter((code) => !rowOf(code).includes(` ${FAILURE_TEXTS[code]}`))).toEqual([]);
    expect(FAILURE_CODES.filter((code) => !PROBLEMS[code].means.startsWith(FAILURE_TEXTS[code]))).toEqual([]);
  });

  test("the code of every error that applications get is in the client's documentation", () => {
    const documented = readFileSync(join(ROOT, 'docs/express.md'), 'utf8');
    const errors = readFileSync(join(SRC, 'clients/client-errors.ts'), 'utf8');
    const codes = [...errors.matchAll(/code = '([A-Z_]+)'/g)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
  });

  test('each folder with a design of its own says so in DESIGN.md', () => {
    for (const folder of ['membership', 'standin', 'mesh', 'doors/kit']) {
      expect(readFileSync(join(SRC, folder, 'DESIGN.md'), 'utf8').length).toBeGreaterThan(500);
    }
  });
});

/** Two folders of one layer do not import each other. */
function isSibling(path: string, target: string): boolean {
  return layerOf(path) === layerOf(target) && partOf(path) !== partOf(target) && layerOf(path) > 0;
}

function cycles(): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].map((step) => relative('.', step)).join(' -> '));
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    for (const target of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
  };
  for (const { path } of files) visit(path, []);
  return found;
}
