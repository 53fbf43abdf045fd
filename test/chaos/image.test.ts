import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';

const NAME = 'maglia-image-test';
const LOCKED_DOWN = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--tmpfs', '/run/maglia', '--network', 'none'],
];

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await execa('docker', args);
  return stdout;
}

async function statusIn(): Promise<string> {
  const { stdout } = await execa('docker', ['exec', NAME, 'maglia', 'status'], { reject: false });
  return stdout;
}

describe('the image', () => {
  beforeAll(async () => {
    await execa('docker', ['rm', '-f', NAME], { reject: false });
    await docker('run', '-d', '--name', NAME, ...LOCKED_DOWN, 'maglia', 'serve', '--map', 'a=>127.0.0.1');
    await until('the daemon serves', async () => (await statusIn()).includes('node a: serving'), 30_000);
  }, 60_000);

  afterAll(async () => {
    await docker('rm', '-f', NAME);
  }, 30_000);

  test('serves with its own Memcached, without root, capability, network, or a file that it may write', async () => {
    expect(await statusIn()).toContain('store: memcached, up');
    const status = await docker('exec', NAME, 'cat', '/proc/1/status');
    expect(status).toMatch(/^Uid:\s+10001\s+10001\s+10001\s+10001$/m);
    expect(status).toMatch(/^CapBnd:\s+0+$/m);
    const { exitCode } = await execa('docker', ['exec', NAME, 'touch', '/opt/maglia/written'], { reject: false });
    expect(exitCode).not.toBe(0);
  });

  test('keeps sessions where only its own user may look (S7)', async () => {
    const modes = await docker(
      'exec',
      NAME,
      'stat',
      '-c',
      '%a %u',
      '/run/maglia/node',
      '/run/maglia/node/memcached.sock',
    );
    expect(modes.split('\n')).toEqual(['700 10001', '600 10001']);
  });

  test('is healthy by its own check', async () => {
    const health = (): Promise<string> => docker('inspect', '--format', '{{.State.Health.Status}}', NAME);
    await until('it is healthy', async () => (await health()) === 'healthy', 60_000);
    expect(await health()).toBe('healthy');
  }, 70_000);

  test('comes up again after docker restart, and ends well when it is stopped', async () => {
    await docker('restart', NAME);
    await until('the daemon serves again', async () => (await statusIn()).includes('node a: serving'), 30_000);
    await docker('stop', NAME);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', NAME)).toBe('0');
  }, 60_000);
});
