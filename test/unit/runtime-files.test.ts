import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  existsSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreStartError } from '../../src/errors.ts';
import { prepareRuntimeDirectory, writeFileAtomically } from '../../src/runtime-files.ts';

const NOBODY = 65_534;

describe('the runtime directory', () => {
  let parent: string;
  let path: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'maglia-runtime-'));
    path = join(parent, 'maglia', 'a');
  });

  afterEach(() => rmSync(parent, { recursive: true }));

  test('is made with its parents, open to its owner only', () => {
    prepareRuntimeDirectory(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('that is there and closed to others is taken as it is', () => {
    prepareRuntimeDirectory(path);
    writeFileSync(join(path, 'memcached.json'), '');
    expect(() => prepareRuntimeDirectory(path)).not.toThrow();
    expect(statSync(join(path, 'memcached.json')).isFile()).toBe(true);
  });

  test.each([0o710, 0o701, 0o770, 0o777, 0o750])('that others can enter is refused: mode %o', (mode) => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    expect(() => prepareRuntimeDirectory(path)).toThrow(StoreStartError);
    expect(() => prepareRuntimeDirectory(path)).toThrow(`run chmod 700 ${path}`);
  });

  test('that is a file or a link is refused', () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    expect(() => prepareRuntimeDirectory(file)).toThrow(StoreStartError);
    const link = join(parent, 'link');
    symlinkSync(parent, link);
    expect(() => prepareRuntimeDirectory(link)).toThrow('not a directory');
  });

  test('that cannot be made is refused', () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    expect(() => prepareRuntimeDirectory(join(file, 'below'))).toThrow('cannot make the runtime directory');
  });

  test.skipIf(process.geteuid?.() !== 0)('that belongs to another user is refused', () => {
    prepareRuntimeDirectory(path);
    chownSync(path, NOBODY, NOBODY);
    expect(() => prepareRuntimeDirectory(path)).toThrow(`belongs to user ${NOBODY}`);
  });
});

describe('a file that is written atomically', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'maglia-files-'));
    path = join(directory, 'lives.json');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  test('has the new text, is readable by its owner only, and leaves no draft', async () => {
    writeFileSync(path, 'old', { mode: 0o644 });
    await writeFileAtomically(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['lives.json']);
  });

  test('takes the place of a link, and what the link points to stays as it is', async () => {
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, path);
    await writeFileAtomically(path, 'new');
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test('is written through no draft whose name can be foreseen, so a link laid there is not followed', async () => {
    const victim = join(directory, 'victim');
    for (const suffix of ['new', String(process.pid), 'draft', 'tmp']) symlinkSync(victim, `${path}.${suffix}`);
    await writeFileAtomically(path, 'new');
    expect(existsSync(victim)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test('that cannot be put in place leaves no draft, and what was there', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'kept'), '');
    await expect(writeFileAtomically(path, 'new')).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['lives.json']);
    expect(readdirSync(path)).toEqual(['kept']);
  });

  test('can be written by several at once: the text of one of them stays, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(1000));
    await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(directory)).toEqual(['lives.json']);
  });
});
