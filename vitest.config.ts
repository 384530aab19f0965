/** Two projects, one after the other: pure code in Node, then the built Worker in workerd. */
import { defineConfig } from 'vitest/config';
import { LayerReporter } from './test/layers/layers.ts';

export default defineConfig({
  test: {
    reporters: ['default', new LayerReporter()],
    projects: [
      { test: { name: 'unit', include: ['test/{unit,simulate}/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'runtime',
          include: ['test/{runtime,fuzz,chaos}/**/*.test.ts'],
          globalSetup: ['test/support/product/build.ts'],
          // One file at a time, and none beside the unit tests: it takes a core by itself.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          // Of tests marked `concurrent`, which are the failover cases. They wait for nearly all of their time: eight at
          // once end in 75 s and use a quarter of two cores, so that none is late because of the others.
          maxConcurrency: 8,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
