import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commentsOf } from '../support/comments.ts';
import { anchorsOf, codeWordsOf, linksOf } from '../support/markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const PARTS = ['src', 'test', 'docs', 'scripts', 'clients', 'examples', 'bench'] as const;
const GUARANTEES = 'docs/guarantees.md';

/** It tells what was, and files come and go. */
const HISTORY = 'CHANGELOG.md';

const paths: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.includes('.')),
  ...PARTS.flatMap((part) =>
    readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' }).map((path) => `${part}/${path}`),
  ),
].filter((path) => !/(?:^|\/)(?:node_modules|dist|vendor|\.venv|__pycache__)\//.test(path));

const pages = new Map(paths.filter((path) => path.endsWith('.md')).map((path) => [path, read(path)]));
const anchors = new Map([...pages].map(([path, text]) => [path, anchorsOf(text)]));

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @param from the file that refers to it */
function isDangling(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== undefined && anchors.get(file)?.has(anchor) !== true;
}

/** What a comment or a text of ours says of pages that nobody could open. */
function danglingIn(path: string, text: string): string[] {
  const named = [...text.matchAll(/(?:[\w.-]+\/)*[\w.-]+\.md\b(?:#[\w-]+)?/g)].map(([name]) => name);
  // A design page by its bare name is the one beside the file; everything else is named from the top of the project.
  const unknown = named.filter((name) => isDangling(name.startsWith('DESIGN.md') ? path : 'README.md', name));
  const vague = [
    ...text.matchAll(/\bDESIGN\b(?!\.md)/g),
    ...text.matchAll(/(?<!'s )\bREADME\b(?!\.md)/g),
    ...text.matchAll(/(?<!RFC \d+, )\b(?:sections?|rules?) \d+/gi),
  ].map(([words]) => words);
  const promises = [...text.matchAll(/\bS\d+\b/g)].map(([promise]) => promise);
  return [
    ...unknown,
    ...vague,
    ...promises.filter((name) => isDangling('README.md', `${GUARANTEES}#${name.toLowerCase()}`)),
  ];
}

describe('the pages', () => {
  test('there is something to look at', () => {
    expect(pages.size).toBeGreaterThan(10);
    expect(anchors.get(GUARANTEES)).toContain('rule-5');
  });

  test('a link leads to a file that is there, and to a heading that is in it', () => {
    const dangling = [...pages].flatMap(([path, text]) =>
      linksOf(text)
        .filter(({ target }) => isDangling(path, target))
        .map(({ line, target }) => `${path}:${line} ${target}`),
    );
    expect(dangling).toEqual([]);
  });

  test('a path in backticks is there', () => {
    const isPath = new RegExp(`^(?:${PARTS.join('|')})/[\\w./-]+$`);
    // A file of the code may be named without the folders that it is in.
    const isMissing = (word: string): boolean =>
      isPath.test(word)
        ? !existsSync(join(ROOT, word))
        : /^[\w./-]+\.ts$/.test(word) && !paths.some((path) => path.endsWith(`/${word}`));
    const missing = [...pages]
      .filter(([path]) => path !== HISTORY)
      .flatMap(([path, text]) =>
        codeWordsOf(text)
          .filter(({ text: word }) => isMissing(word))
          .map((word) => `${path}:${word.line} ${word.text}`),
      );
    expect(missing).toEqual([]);
  });

  test('a comment that refers to a page names one that is there, with an anchor that is in it', () => {
    const code = paths.filter((path) => /^(?:src|test|bench|scripts)\/.*\.(?:ts|mjs)$/.test(path));
    expect(code.length).toBeGreaterThan(500);
    const dangling = code.flatMap((path) => {
      const text = read(path);
      // To parse a file takes long, and most refer to nothing.
      if (!/\bDESIGN\b|\bREADME\b|\.md\b|\b(?:section|rule)s? \d|\bS\d+\b/i.test(text)) return [];
      return commentsOf(path, text).flatMap((comment) =>
        danglingIn(path, comment.text).map((what) => `${path}:${comment.line} ${what}`),
      );
    });
    expect(dangling).toEqual([]);
  });

  test('a text that the daemon, its clients or its scripts tell names a page that is there', () => {
    const told = paths.filter(
      (path) => /^(?:src|clients|scripts|examples)\/(?!.*\.md$).*\w$/.test(path) && isText(path),
    );
    const dangling = told.flatMap((path) =>
      [...read(path).matchAll(/\b(?:docs|src)\/[\w./-]+\.md(?:#[\w-]+)?/g)]
        .map(([target]) => target)
        .filter((target) => isDangling('README.md', target))
        .map((target) => `${path} ${target}`),
    );
    expect(dangling).toEqual([]);
  });

  test('the map of the pages has every page of docs', () => {
    const mapped = linksOf(read('docs/README.md')).map(({ target }) => target.split('#')[0]);
    const unmapped = [...pages.keys()]
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
      .filter((path) => !mapped.includes(path.slice('docs/'.length)));
    expect(unmapped).toEqual([]);
  });

  test('ARCHITECTURE.md draws every folder, names files that are there, and stays short', () => {
    const text = read('ARCHITECTURE.md');
    const named = new Set([...text.matchAll(/(?:[\w-]+\/)*[\w.-]+\.ts\b/g)].map(([name]) => name));
    expect(named.size).toBeGreaterThan(20);
    const missing = [...named].filter((name) => !paths.some((path) => path === name || path.endsWith(`/${name}`)));
    expect(missing).toEqual([]);
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true });
    const undrawn = folders.filter((entry) => !text.includes(` ${entry.name}${entry.isDirectory() ? '/' : ' '}`));
    expect(undrawn.map(({ name }) => name)).toEqual([]);
    expect(text.split('\n').length).toBeLessThanOrEqual(251);
  });

  test('every promise is named by a test', () => {
    const tests = paths.filter((path) => path.startsWith('test/') && path.endsWith('.test.ts')).map(read);
    const promises = Array.from(
      { length: 10 },
      (_, n) => new RegExp(`(?:test|it|describe)\\(\\s*['"\x60][^\n]*\\bS${n}\\b`),
    );
    expect(promises.filter((promise) => !tests.some((text) => promise.test(text))).map(String)).toEqual([]);
  });

  test('every promise and every rule has a heading of its own', () => {
    const wanted = [
      ...Array.from({ length: 10 }, (_, n) => `s${n}`),
      ...Array.from({ length: 8 }, (_, n) => `rule-${n + 1}`),
    ];
    expect(wanted.filter((anchor) => anchors.get(GUARANTEES)?.has(anchor) !== true)).toEqual([]);
  });
});

/** Not a picture, and not a folder whose name has a dot. */
function isText(path: string): boolean {
  return /\.(?:ts|mjs|js|php|py|json|toml|bash|sh|yml|cfg|conf|ini|html)$|\/[\w-]+$/.test(path) && isFile(path);
}

function isFile(path: string): boolean {
  try {
    readFileSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}
