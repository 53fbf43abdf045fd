import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** The oldest Node that package.json declares; the npm package `node` brings it as a program. */
const OLDEST_NODE = '20.19.0';

/** What an installation downloads comes from the registry, or from npm's cache. */
const INSTALLING_MS = 180_000;

const run = promisify(execFile);

/** As in anybody's shell: `npm test` tells its children the options of this project's `.npmrc`. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-package-'));
});

afterAll(() => rm(place, { recursive: true }));

describe('the package', () => {
  it(
    'installs for everybody on the oldest Node it declares, where npm is strict, without a warning',
    async () => {
      const npm = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
        run('npm', [...words, '--no-audit', '--no-fund'], { cwd: place, env: ENVIRONMENT });
      const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], { cwd: ROOT });
      const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
      await npm('install', '--prefix', join(place, 'oldest'), `node@${OLDEST_NODE}`);
      const bin = join(place, 'oldest/node_modules/node/bin');
      const env = { ...ENVIRONMENT, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
      expect((await run('node', ['--version'], { env })).stdout.trim()).toBe(`v${OLDEST_NODE}`);

      const prefix = join(place, 'prefix');
      const words = ['install', '--global', '--prefix', prefix, '--engine-strict', '--no-audit', '--no-fund'];
      const installed = await run('npm', [...words, join(place, filename)], { cwd: place, env });
      expect(`${installed.stdout}${installed.stderr}`).not.toMatch(/EBADENGINE|npm warn/i);
      const { version } = JSON.parse(
        (
          await run(
            'node',
            ['-p', `JSON.stringify(require(${JSON.stringify(join(prefix, 'lib/node_modules/maglia/package.json'))}))`],
            { env },
          )
        ).stdout,
      ) as { version: string };
      expect((await run(join(prefix, 'bin/maglia'), ['--version'], { env })).stdout.trim()).toContain(version);
    },
    INSTALLING_MS,
  );
});
