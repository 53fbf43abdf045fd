import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileAtomically } from '../../../src/files/write-file-atomically.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'maglia-files-'));
  path = join(directory, 'lives.json');
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('a file that is written atomically', () => {
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
