import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'clients',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Three daemons and three application servers per file on few cores.
    fileParallelism: false,
  },
});
