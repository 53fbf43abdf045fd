import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The last commit whose daemons speak the version of the wire before ours and no newer one. At a release that begins another version
 * this becomes the commit of the release before it.
 */
const COMMIT = 'a5e00e23ed0e35776967afeb4ae13f346f16596a';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Builds the program as it was, from git, and keeps it for the next time. It lies below `node_modules`, where it finds the packages
 * that both use.
 *
 * @returns its `main.js`
 * @throws where the clone does not have that commit: a test of an upgrade that is left out would say nothing
 */
export function buildVersionBefore(): string {
  const cache = join(ROOT, 'node_modules/.cache/maglia');
  const directory = join(cache, COMMIT);
  const main = join(directory, 'dist/main.js');
  if (existsSync(main)) return main;
  requireCommit();
  mkdirSync(cache, { recursive: true });
  const beginning = mkdtempSync(join(cache, 'building-'));
  try {
    const files = ['src', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
    const archive = join(beginning, 'source.tar');
    run('git', ['archive', '--output', archive, COMMIT, ...files], ROOT);
    run('tar', ['-xf', archive], beginning);
    rmSync(archive);
    if (!hasOurPackages(beginning)) run('npm', ['ci', '--no-audit', '--ignore-scripts'], beginning);
    // Its types were checked when it was ours.
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const flags = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false'];
    run(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...flags], beginning);
    // Whole, or not there. One that was built at the same time is as good.
    if (!existsSync(main)) renameSync(beginning, directory);
  } finally {
    rmSync(beginning, { recursive: true, force: true });
  }
  return main;
}

function requireCommit(): void {
  try {
    run('git', ['cat-file', '-e', `${COMMIT}^{commit}`], ROOT);
  } catch (error) {
    throw new Error(
      `the tests of an upgrade build the version before ours from commit ${COMMIT}, and this is no clone that has it: ` +
        'clone with the whole history, or run `git fetch --unshallow` in this one',
      { cause: error },
    );
  }
}

function hasOurPackages(directory: string): boolean {
  const [theirs, ours] = [directory, ROOT].map((folder) => readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return theirs === ours;
}

/** What npm tells the programs that it starts is about us, not about what is built here. */
function run(program: string, args: readonly string[], directory: string): void {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  execFileSync(program, args, {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 300_000,
  });
}
