import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { ConfigProblem } from '../../src/errors.ts';
import { runMaglia } from '../support/maglia-command.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'maglia-test-'));
  await writeFile(join(directory, 'secret'), 'only for these tests, and long enough', { mode: 0o600 });
});

afterEach(() => rm(directory, { recursive: true }));

async function writeConfig(file: unknown): Promise<string> {
  const path = join(directory, 'cluster.json');
  await writeFile(path, JSON.stringify(file));
  return path;
}

const GOOD = { letters: { a: '127.0.0.1:7521', b: '127.0.0.1:7522' }, secretFile: 'secret', letter: 'b' };

const FAULTY = {
  letters: { a: '10.0.0.1', bb: '10.0.0.2', c: '10.0.0.1' },
  secretFile: 'nowhere',
  session: { ttlSeconds: 'long', maxBytes: 0 },
  doors: { htpp: [] },
  store: { kind: 'redis' },
};

describe('check-config', () => {
  it('prints every problem of a configuration, each with its place, what was found and what is expected', async () => {
    const { exitCode, stdout, stderr } = await runMaglia(['check-config', '--config', await writeConfig(FAULTY)]);
    expect(exitCode).toBe(EXIT.config);
    expect(stderr).toBe('');
    const problems = stdout.split('\n').filter((line) => /^\S+( \S+)?$/.test(line) && !line.endsWith('problems'));
    for (const place of [
      'letters.bb',
      'letters.c',
      'secretFile',
      'session.ttlSeconds',
      'session.maxBytes',
      'doors.htpp',
      'store.kind',
    ]) {
      expect(problems).toContain(place);
    }
    expect(stdout.match(/^ {2}found: ./gm)).toHaveLength(problems.length);
    expect(stdout.match(/^ {2}expected: ./gm)).toHaveLength(problems.length);
    expect(stdout).toMatch(new RegExp(`^${problems.length} problems$`, 'm'));
  });

  it('--json gives the same problems on one line', async () => {
    const { exitCode, stdout } = await runMaglia(['check-config', '--json', '--config', await writeConfig(FAULTY)]);
    expect(exitCode).toBe(EXIT.config);
    const answer = JSON.parse(stdout) as { valid: boolean; problems: ConfigProblem[] };
    expect(answer.valid).toBe(false);
    expect(answer.problems.map(({ path }) => path)).toContain('letters.bb');
  });

  it('says what a good one comes to: the map, the own letter, the digest; never the secret', async () => {
    const { exitCode, stdout } = await runMaglia(['check-config', '--config', await writeConfig(GOOD)]);
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toMatch(/^b +127\.0\.0\.1:7522 +this node$/m);
    expect(stdout).toMatch(/^own letter +b$/m);
    expect(stdout).toMatch(/^map digest +[0-9a-f]{16} /m);
    expect(stdout).not.toContain('xxxx');
  });

  it('says where the memcached door listens, who may come in and whether it may be flushed; never a password', async () => {
    await writeFile(join(directory, 'users'), 'shop:a-good-long-password\n', { mode: 0o600 });
    const shut = await runMaglia(['check-config', '--config', await writeConfig(GOOD)]);
    expect(shut.stdout).toMatch(/^memcached listens +nowhere: doors\.memcached is not set$/m);
    const doors = { memcached: ['0.0.0.0:11211', '/run/shop.sock'], usersFile: 'users', allowFlush: true };
    const config = await writeConfig({ ...GOOD, doors });
    const { exitCode, stdout } = await runMaglia(['check-config', '--config', config]);
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toMatch(
      /^memcached listens +0\.0\.0\.0:11211, \/run\/shop\.sock, password demanded of 1 user, flush_all allowed$/m,
    );
    const asJson = await runMaglia(['check-config', '--json', '--config', config]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      doors: { memcached: ['0.0.0.0:11211', '/run/shop.sock'], users: 1, allowFlush: true },
    });
    expect(stdout + asJson.stdout).not.toContain('a-good-long-password');
  });

  it('gives the same digest for one map, whichever node asks and however it is written', async () => {
    const config = await writeConfig(GOOD);
    const digests = [
      ['--config', config],
      ['--config', config, '--letter', 'a'],
      ['--secret-file', join(directory, 'secret'), '--letter', 'a', '--map', 'b=>127.0.0.1:7522,a=>127.0.0.1:7521'],
    ].map(async (flags) => {
      const { stdout } = await runMaglia(['check-config', '--json', ...flags]);
      return (JSON.parse(stdout) as { mapDigest: string }).mapDigest;
    });
    expect(new Set(await Promise.all(digests)).size).toBe(1);
  });

  it('serve refuses what check-config refuses, with the same exit status', async () => {
    const { exitCode, stdout, stderr } = await runMaglia(['serve', '--config', await writeConfig(FAULTY)]);
    expect(exitCode).toBe(EXIT.config);
    expect(stderr).toContain('letters.bb');
    expect(stdout).toBe('');
  });
});
