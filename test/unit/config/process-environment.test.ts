import { expect, test } from 'vitest';
import { memcachedEnvironment, nodeEnvironment } from '../../../src/config/process-environment.ts';

const OURS = {
  ...{ PATH: '/bin', LD_LIBRARY_PATH: '/opt/lib', TMPDIR: '/tmp', NODE_OPTIONS: '--trace-warnings' },
  ...{ DATABASE_PASSWORD: 'x', MAGLIA_URL: 'x', MEMCACHED_PORT_FILENAME: '/etc/x', LD_PRELOAD: 'x', HOME: '/root' },
};

test('a Memcached is told where programs and libraries are, and nothing else', () => {
  expect(memcachedEnvironment(OURS)).toEqual({ PATH: '/bin', LD_LIBRARY_PATH: '/opt/lib' });
});

test('a node of `maglia up` is told in addition what holds for every Node.js', () => {
  const { PATH, LD_LIBRARY_PATH, TMPDIR, NODE_OPTIONS } = OURS;
  expect(nodeEnvironment(OURS)).toEqual({ PATH, LD_LIBRARY_PATH, TMPDIR, NODE_OPTIONS });
});

test('what is not set here is not set there', () => {
  expect(nodeEnvironment({})).toEqual({});
});
