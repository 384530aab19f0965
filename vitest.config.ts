/** Two projects: pure code in node, and the built Worker in workerd, one file at a time for it takes a core by itself. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/{unit,simulate}/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'runtime',
          include: ['test/{runtime,fuzz,chaos}/**/*.test.ts'],
          globalSetup: ['test/support/product/build.ts'],
          fileParallelism: false,
          // Of the tests that wait for most of their time and are marked to run side by side.
          maxConcurrency: 8,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
