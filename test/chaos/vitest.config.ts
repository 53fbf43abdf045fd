import { defineConfig } from 'vitest/config';

/** These need a Docker engine, Compose, and the images of scripts/build-image: `npm run chaos` sees to all three. */
export default defineConfig({
  test: {
    name: 'chaos',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // One set of hosts at a time.
    fileParallelism: false,
  },
});
