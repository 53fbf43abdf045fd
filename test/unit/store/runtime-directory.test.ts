import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreStartError } from '../../../src/errors.ts';
import { prepareRuntimeDirectory } from '../../../src/store/runtime-directory.ts';

const NOBODY = 65_534;

let parent: string;
let path: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'maglia-runtime-'));
  path = join(parent, 'maglia', 'a');
});

afterEach(() => rmSync(parent, { recursive: true }));

describe('the runtime directory', () => {
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
