import { defineConfig } from 'vitest/config';

/** Several real daemons per file on few cores: one file at a time, or they starve each other into suspicion. */
const ONE_BY_ONE = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

export default defineConfig({
  test: {
    // One project after the other, from the one that finds the most in the least time.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // They take seconds at most; a busy machine makes a minute of that.
          testTimeout: 30_000,
          // Nothing in them is global, and loading the same modules for 200 files took a third of their time.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Without this it is one on two cores, and much of the time they wait for what their daemons do.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          // Half a minute alone, and another file runs beside it.
          testTimeout: 300_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...ONE_BY_ONE,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          sequence: { groupOrder: 4 },
        },
      },
      {
        // Clients of others, in front of the memcached door.
        test: { ...ONE_BY_ONE, name: 'clients', include: ['test/clients/*.test.ts'], sequence: { groupOrder: 5 } },
      },
      {
        // Our own clients, in whole web applications.
        test: { ...ONE_BY_ONE, name: 'web', include: ['test/web/**/*.test.ts'], sequence: { groupOrder: 6 } },
      },
      // Hosts in containers; needs more than the others, so it has a file of its own.
      'test/chaos/vitest.config.ts',
    ],
  },
});
