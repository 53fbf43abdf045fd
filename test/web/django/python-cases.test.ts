import { execa } from 'execa';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PYTHON, PYTHON_CLIENT, startLoneDaemon } from './django-site.ts';

/*
 * The package's own unit tests, each reported as a test of its own. They run once, together, against one daemon.
 */
interface Case {
  readonly id: string;
  readonly outcome?: 'passed' | 'failed' | 'skipped';
  readonly why?: string;
}

const REPORT = join(PYTHON_CLIENT, 'tests/report.py');
const ENV = { PYTHONPATH: join(PYTHON_CLIENT, 'src'), PYTHONDONTWRITEBYTECODE: '1' };

/** All of them take a few seconds; some wait for a timeout. */
const RUN_WITHIN_MS = 60_000;

function parseReport(text: string): Case[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Case);
}

function listCases(): Case[] {
  const listed = spawnSync(PYTHON, [REPORT, '--list'], { env: { ...process.env, ...ENV }, encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`the Python tests cannot be listed: ${listed.stderr}`);
  return parseReport(listed.stdout);
}

/** `test_session.Key.test_cannot_be_set` as `session, Key: cannot be set`. */
function sentence(id: string): string {
  const [module = '', group = '', name = ''] = id.split('.');
  return `${module.replace(/^test_/, '')}, ${group}: ${name.replace(/^test_/, '').replaceAll('_', ' ')}`;
}

describe('maglia_django', () => {
  const outcomes = new Map<string, Case>();
  let complaints = '';

  beforeAll(async () => {
    const daemon = await startLoneDaemon();
    try {
      const env = { ...ENV, MAGLIA_URL: daemon.node.http, MAGLIA_SOCKET: daemon.socket };
      const run = await execa(PYTHON, ['-W', 'error::ResourceWarning', REPORT], { env, timeout: RUN_WITHIN_MS });
      complaints = run.stderr;
      for (const each of parseReport(run.stdout)) outcomes.set(each.id, each);
    } finally {
      await daemon.close();
    }
  }, RUN_WITHIN_MS + 20_000);

  test.each(listCases().map(({ id }) => ({ id, name: sentence(id) })))('$name', ({ id }) => {
    const outcome = outcomes.get(id);
    expect(outcome?.outcome, outcome?.why ?? 'it did not run').toBe('passed');
  });

  test('no class or module failed before its tests began, and nothing was left open', () => {
    const listed = new Set(listCases().map(({ id }) => id));
    expect([...outcomes.values()].filter(({ id }) => !listed.has(id))).toEqual([]);
    expect(complaints).toBe('');
  });
});
